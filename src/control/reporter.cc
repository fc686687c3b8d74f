#include "control/reporter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "control/json_event.h"
#include "observe/failure_summary.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

std::string joined(const std::string& left, std::string_view between, const std::string& right) {
  return right.empty() ? left : fmt::format("{}{}{}", left, between, right);
}

std::string with_details(std::string text, const std::vector<std::string>& details) {
  for (const std::string& line : details) text += "\n    " + line;
  return text;
}

std::string_view cause_name(CauseKind kind) {
  switch (kind) {
    case CauseKind::first_start:
      return "start";
    case CauseKind::save:
      return "save";
    case CauseKind::reload:
      return "reload";
    case CauseKind::crash:
      return "crash";
    case CauseKind::rollout:
      return "rollout";
    case CauseKind::recovery:
      break;
  }
  return "recovery";
}

}  // namespace

// One report on its way out: a line for people, or an event for programs.
struct Telling {
  Reporter& reporter;

  bool json() const { return reporter.announcer_.json(); }
  bool verbose() const { return reporter.announcer_.verbose(); }
  // One alone is shown at its port, whatever it is for.
  TrafficMatch match() const {
    return reporter.announcer_.is_of_several() ? reporter.service_.traffic.match : TrafficMatch{};
  }
  void event(std::string_view name, const json::object& fields) const {
    reporter.announcer_.event(name, fields);
  }

  void operator()(const AttemptBegan& report) const {
    const Attempt& attempt = report.attempt;
    const std::string release = attempt.release.name;
    if (json()) {
      const bool change = attempt.cause.kind == CauseKind::save;
      json::object fields{{"release", release}, {"cause", cause_name(attempt.cause.kind)}};
      if (change) fields["paths"] = json_array(attempt.cause.paths);
      return event(change ? "changed" : "starting", fields);
    }
    if (verbose()) {
      reporter.announcer_.say(Mark::plain,
                              fmt::format("{} → starting {}", cause_text(attempt), release));
    }
  }

  void operator()(const AttemptServes& report) const {
    const std::string release = report.attempt.release.name;
    const std::vector<std::string> urls =
        urls_of(report.ports, match(), scheme_of(reporter.service_.traffic));
    const std::string took = duration_text(report.took);
    const std::uint64_t lost = reporter.circumstances_.lost();
    const std::string text =
        report.first
            ? fmt::format("{} · release {} · ready in {}", fmt::join(urls, ", "), release, took)
            : fmt::format("{} → new process serving after {} · {} lost", cause_text(report.attempt),
                          took, count_text(lost, "request"));
    reporter.last_outcome_ = report.first ? fmt::format("{} is serving", release) : text;
    if (!report.first) reporter.last_outcome_ += fmt::format(" · release {}", release);
    if (json()) {
      event(report.first ? "ready" : "serving", {{"release", release},
                                                 {"cause", cause_name(report.attempt.cause.kind)},
                                                 {"urls", json_array(urls)},
                                                 {"after_ms", report.took.count()},
                                                 {"lost", lost},
                                                 {"message", valid_utf8(text)}});
    } else if (report.first || report.attempt.cause.kind != CauseKind::rollout) {
      reporter.announcer_.say(report.first ? Mark::ready : Mark::done, text);
    }
    warn_of_unheeded_port(report);
  }

  void warn_of_unheeded_port(const AttemptServes& report) const {
    const std::uint16_t wanted = reporter.service_.port;
    if (!report.first || wanted == 0 ||
        std::ranges::any_of(report.ports, [&](const Address& a) { return a.port == wanted; })) {
      return;
    }
    reporter.warn(fmt::format("--port {} is not heeded: {} chose its port without looking at PORT",
                              wanted, reporter.service_.name));
  }

  // Of a rollout, which tells its own story.
  void operator()(const ReleaseBuilt&) const {}
  void operator()(const CandidateReady&) const {}
  void operator()(const ShareApplied&) const {}

  void operator()(const AttemptFailed& report) const {
    const bool first = report.attempt.cause.kind == CauseKind::first_start;
    const std::string why = reporter.narrator_.failure_text(report.attempt, report.why);
    const std::string what = first ? why : fmt::format("{} → {}", cause_text(report.attempt), why);
    const std::string text = joined(what, "; ", sequel_text(report.sequel));
    std::vector<std::string> details = reporter.headline(report.unit);
    if (std::holds_alternative<NeverListened>(report.why) && !reporter.not_redirectable_.empty()) {
      details.push_back(reporter.not_redirectable_);
    }
    reporter.last_outcome_ = with_details(text, details);
    if (json()) {
      return event("failed", {{"release", report.attempt.release.name},
                              {"cause", cause_name(report.attempt.cause.kind)},
                              {"message", valid_utf8(text)},
                              {"details", json_array(details)}});
    }
    if (report.attempt.cause.kind == CauseKind::rollout) return;  // which tells its own story
    // What ends livefix is an error of the command, and goes where those go.
    const bool ends = std::holds_alternative<Ends>(report.sequel);
    reporter.announcer_.say(Mark::failed, text, details, ends ? Stream::error : Stream::output);
  }

  void operator()(const AttemptSuperseded& report) const {
    if (json()) return event("superseded", {{"release", report.attempt.release.name}});
    if (verbose()) {
      reporter.announcer_.say(Mark::plain, fmt::format("{} is stopped: a newer change came",
                                                       report.attempt.release.name));
    }
  }

  void operator()(const GenerationCrashed& report) const {
    const std::string text =
        joined(reporter.narrator_.crash_text(report), "; ", sequel_text(report.sequel));
    // Its last lines, whatever they say, are on the screen already.
    const std::vector<std::string> details = observe::find_headline(
        reporter.circumstances_.last_lines(report.unit), reporter.service_.directory);
    reporter.last_outcome_ = with_details(text, details);
    if (json()) {
      return event("crashed", {{"release", report.release.name},
                               {"message", valid_utf8(text)},
                               {"details", json_array(details)}});
    }
    reporter.announcer_.say(Mark::failed, text, details);
  }

  void operator()(const PortAdded& report) const {
    const std::string url = url_of(report.address, match(), scheme_of(reporter.service_.traffic));
    if (json()) {
      return event("listening", {{"release", report.release.name}, {"url", url}});
    }
    reporter.announcer_.say(Mark::ready, fmt::format("{} · release {}", url, report.release.name));
  }

  void operator()(const PortMissing& report) const {
    reporter.warn(
        fmt::format("{}: {}", report.release.name,
                    reporter.narrator_.port_text(report.address, report.os_error, report.holder)));
  }

  // Programs open ports for themselves as well; it matters when there is no other.
  void operator()(const NotRedirectable& report) const {
    reporter.not_redirectable_ = fmt::format("a port cannot be taken over: {}", report.reason);
    if (verbose()) {
      reporter.warn(fmt::format("{}: {}; it is served without livefix", report.release.name,
                                reporter.not_redirectable_));
    }
  }

  void operator()(const Drained& report) const {
    if (json()) {
      return event("drained", {{"release", report.release.name}, {"warm", report.stays_warm}});
    }
    if (verbose()) {
      reporter.announcer_.say(
          Mark::plain, fmt::format("{} has answered everything and is {}", report.release.name,
                                   report.stays_warm ? "kept ready" : "stopped"));
    }
  }

  void operator()(const DrainCut& report) const {
    const Traffic::Counts left = reporter.circumstances_.traffic_of(report.unit);
    const std::uint64_t requests = left.requests_in_flight();
    std::vector<std::string> what;
    if (requests > 0) what.push_back(count_text(requests, "request"));
    if (left.tunnels > 0) what.push_back(count_text(left.tunnels, "tunnel"));
    const std::string text = fmt::format(
        "{} still had {} after {} and is cut; --drain gives it more time", report.release.name,
        what.empty() ? "work" : fmt::format("{}", fmt::join(what, " and ")),
        duration_text(report.waited));
    if (json()) {
      return event("cut", {{"release", report.release.name},
                           {"requests", requests},
                           {"tunnels", left.tunnels},
                           {"message", text}});
    }
    reporter.announcer_.say(Mark::failed, text);
  }

  // Of the whole run, see RunReporter.
  void operator()(const ProxyCameBack&) const {}
  void operator()(const StopBegan&) const {}
  void operator()(const Stopped&) const {}
};

Reporter::Reporter(const ServiceSpec& service, Announcer announcer, Circumstances circumstances,
                   std::function<std::string(std::uint16_t)> port_holder)
    : service_(service),
      announcer_(std::move(announcer)),
      circumstances_(std::move(circumstances)),
      narrator_{service, std::move(port_holder)} {}

void Reporter::tell(const Report& report) {
  std::visit(Telling{*this}, report);
}

std::string Explanation::text() const {
  return with_details(sentence, details);
}

Explanation Reporter::explain(const Attempt& attempt, UnitId unit, const Failure& why) const {
  return {narrator_.failure_text(attempt, why), headline(unit)};
}

void Reporter::program_line(std::string_view label, Stream stream, std::string_view line) const {
  announcer_.event("output", {{"release", valid_utf8(label)},
                              {"stream", stream == Stream::output ? "stdout" : "stderr"},
                              {"line", valid_utf8(line)}});
}

std::vector<std::string> Reporter::headline(UnitId unit) const {
  return observe::summarize_failure(circumstances_.last_lines(unit), service_.directory);
}

}  // namespace livefix::control
