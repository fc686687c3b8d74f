#include "control/reporter.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/system/error_code.hpp>

#include "control/failure_summary.h"
#include "control/json_event.h"

namespace livefix::control {
namespace {

namespace json = boost::json;

json::array array_of(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.emplace_back(valid_utf8(text));
  return array;
}

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
    case CauseKind::recovery:
      break;
  }
  return "recovery";
}

}  // namespace

// One report on its way out: a line for people, or an event for programs.
struct Telling {
  Reporter& reporter;
  using Mark = Reporter::Mark;

  bool json() const { return reporter.service_.output.json; }
  void event(std::string_view name, const json::object& fields) const {
    reporter.console_.line(json_event(name, valid_utf8(reporter.service_.name), fields));
  }

  void operator()(const AttemptBegan& report) const {
    const Attempt& attempt = report.attempt;
    const std::string release = release_name(attempt.release);
    if (json()) {
      const bool change = attempt.cause.kind == CauseKind::save;
      json::object fields{{"release", release}, {"cause", cause_name(attempt.cause.kind)}};
      if (change) fields["paths"] = array_of(attempt.cause.paths);
      return event(change ? "changed" : "starting", fields);
    }
    if (reporter.verbose()) {
      reporter.say(Mark::plain, fmt::format("{} → starting {}", cause_text(attempt), release));
    }
  }

  void operator()(const AttemptServes& report) const {
    const std::string release = release_name(report.attempt.release);
    const std::vector<std::string> urls = urls_of(report.ports);
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
                                                 {"urls", array_of(urls)},
                                                 {"after_ms", report.took.count()},
                                                 {"lost", lost},
                                                 {"message", valid_utf8(text)}});
    } else {
      reporter.say(report.first ? Mark::ready : Mark::done, text);
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
      return event("failed", {{"release", release_name(report.attempt.release)},
                              {"cause", cause_name(report.attempt.cause.kind)},
                              {"message", valid_utf8(text)},
                              {"details", array_of(details)}});
    }
    // What ends livefix is an error of the command, and goes where those go.
    const bool ends = std::holds_alternative<Ends>(report.sequel);
    reporter.say(Mark::failed, text, details, ends ? Stream::error : Stream::output);
  }

  void operator()(const AttemptSuperseded& report) const {
    if (json()) return event("superseded", {{"release", release_name(report.attempt.release)}});
    if (reporter.verbose()) {
      reporter.say(Mark::plain, fmt::format("{} is stopped: a newer change came",
                                            release_name(report.attempt.release)));
    }
  }

  void operator()(const GenerationCrashed& report) const {
    const std::string text =
        joined(reporter.narrator_.crash_text(report), "; ", sequel_text(report.sequel));
    // Its last lines, whatever they say, are on the screen already.
    const std::vector<std::string> details =
        find_headline(reporter.circumstances_.last_lines(report.unit), reporter.service_.directory);
    reporter.last_outcome_ = with_details(text, details);
    if (json()) {
      return event("crashed", {{"release", release_name(report.release)},
                               {"message", valid_utf8(text)},
                               {"details", array_of(details)}});
    }
    reporter.say(Mark::failed, text, details);
  }

  void operator()(const PortAdded& report) const {
    const std::string url = url_of(report.address);
    if (json()) {
      return event("listening", {{"release", release_name(report.release)}, {"url", url}});
    }
    reporter.say(Mark::ready, fmt::format("{} · release {}", url, release_name(report.release)));
  }

  void operator()(const PortMissing& report) const {
    reporter.warn(fmt::format("{}: {}", release_name(report.release),
                              reporter.narrator_.port_text(report.address, report.os_error)));
  }

  // Programs open ports for themselves as well; it matters when there is no other.
  void operator()(const NotRedirectable& report) const {
    reporter.not_redirectable_ = fmt::format("a port cannot be taken over: {}", report.reason);
    if (reporter.verbose()) {
      reporter.warn(fmt::format("{}: {}; it is served without livefix",
                                release_name(report.release), reporter.not_redirectable_));
    }
  }

  void operator()(const Drained& report) const {
    if (json()) return event("drained", {{"release", release_name(report.release)}});
    if (reporter.verbose()) {
      reporter.say(Mark::plain, fmt::format("{} has answered everything and is stopped",
                                            release_name(report.release)));
    }
  }

  void operator()(const DrainCut& report) const {
    const Traffic::Counts left = reporter.circumstances_.traffic_of(report.unit);
    const std::uint64_t requests = left.requests_in_flight();
    std::vector<std::string> what;
    if (requests > 0) what.push_back(count_text(requests, "request"));
    if (left.tunnels > 0) what.push_back(count_text(left.tunnels, "tunnel"));
    const std::string text =
        fmt::format("{} still had {} after {} and is cut; --drain gives it more time",
                    release_name(report.release),
                    what.empty() ? "work" : fmt::format("{}", fmt::join(what, " and ")),
                    duration_text(report.waited));
    if (json()) {
      return event("cut", {{"release", release_name(report.release)},
                           {"requests", requests},
                           {"tunnels", left.tunnels},
                           {"message", text}});
    }
    reporter.say(Mark::failed, text);
  }

  void operator()(const ProxyCameBack& report) const {
    reporter.warn(fmt::format("the proxy {}; a new one serves, the connections it had are lost",
                              ended_text(report.wait_status)));
  }

  void operator()(const StopBegan& report) const {
    const std::uint64_t count = reporter.circumstances_.traffic().in_flight;
    if (json()) return event("stopping", {{"in_flight", count}, {"at_once", report.at_once}});
    if (report.at_once) return reporter.say(Mark::plain, "livefix: stopping at once");
    const std::string waits =
        count == 0 ? std::string()
                   : fmt::format(" · {} in flight · Ctrl-C again does not wait for {}",
                                 count_text(count, "request"), count == 1 ? "it" : "them");
    reporter.say(Mark::plain, fmt::format("livefix: stopping{}", waits));
  }

  void operator()(const Stopped& report) const {
    // What the proxy still has ends with it.
    const Traffic::Totals now = reporter.circumstances_.traffic();
    const std::uint64_t lost = now.lost + now.held + now.requests_in_flight();
    if (json()) return event("stopped", {{"exit_status", report.exit_status}, {"lost", lost}});
    if (report.exit_status != 0) return;  // it was said why
    reporter.say(Mark::stopped, fmt::format("stopped · {} lost", count_text(lost, "request")));
  }
};

Reporter::Reporter(const ServiceSpec& service, Console& console, Circumstances circumstances,
                   std::function<std::string(std::uint16_t)> port_holder)
    : service_(service),
      console_(console),
      circumstances_(std::move(circumstances)),
      narrator_{service, std::move(port_holder)} {}

void Reporter::open(const Opening& opening) {
  const bool taken_over = opening.takeover == link::Takeover::seccomp;
  if (service_.output.json) {
    return Telling{*this}.event("started",
                                {{"title", valid_utf8(service_.title)},
                                 {"version", LIVEFIX_VERSION},
                                 {"watched_files", opening.watched_files},
                                 {"takeover", taken_over ? "seccomp" : "environment"},
                                 {"takeover_reason", valid_utf8(opening.takeover_reason)}});
  }
  const std::string watching =
      service_.watch.enabled
          ? fmt::format("watching {} in .", count_text(opening.watched_files, "file"))
          : std::string("not watching");
  say(Mark::plain, fmt::format("livefix {} · {} · {} · {}", LIVEFIX_VERSION, service_.name,
                               service_.title, watching));
  if (!taken_over) {
    say(Mark::plain, fmt::format("ports are handed out through PORT and LISTEN_FDS, because they "
                                 "cannot be taken over here: {}",
                                 opening.takeover_reason));
  }
}

void Reporter::tell(const Report& report) {
  std::visit(Telling{*this}, report);
}

void Reporter::warn(std::string_view text) {
  if (service_.output.json) {
    return Telling{*this}.event("warning", {{"message", valid_utf8(text)}});
  }
  say(Mark::warning, std::string(text));
}

void Reporter::program_line(std::string_view label, Stream stream, std::string_view line) {
  Telling{*this}.event("output", {{"release", valid_utf8(label)},
                                  {"stream", stream == Stream::output ? "stdout" : "stderr"},
                                  {"line", valid_utf8(line)}});
}

// As an object where it is one, so that nobody has to take JSON out of JSON.
void Reporter::access_line(std::string_view line) {
  if (!service_.output.json) return console_.line(line);
  boost::system::error_code failure;
  json::value parsed = json::parse(line, failure);
  const bool is_object = !failure && parsed.is_object();
  Telling{*this}.event("access", {is_object ? json::object{{"request", std::move(parsed)}}
                                            : json::object{{"line", valid_utf8(line)}}});
}

void Reporter::say(Mark mark, const std::string& text, const std::vector<std::string>& details,
                   Stream stream) {
  if (service_.output.verbosity == Verbosity::quiet && mark != Mark::failed &&
      mark != Mark::warning) {
    return;
  }
  console_.line(marked(mark, text), stream);
  for (const std::string& line : details) console_.line("    " + line, stream);
}

std::string Reporter::marked(Mark mark, const std::string& text) const {
  struct Look {
    std::string_view sign;
    std::string_view colour;
  };
  const Look look = mark == Mark::ready     ? Look{"▲ ", "\x1b[32m"}
                    : mark == Mark::done    ? Look{"● ", "\x1b[32m"}
                    : mark == Mark::failed  ? Look{"✗ ", "\x1b[31m"}
                    : mark == Mark::warning ? Look{"! ", "\x1b[33m"}
                    : mark == Mark::stopped ? Look{"■ ", "\x1b[2m"}
                                            : Look{"", "\x1b[2m"};
  if (!service_.output.colour) return fmt::format("{}{}", look.sign, text);
  if (look.sign.empty()) return fmt::format("{}{}\x1b[0m", look.colour, text);
  return fmt::format("{}{}\x1b[0m{}", look.colour, look.sign, text);
}

std::vector<std::string> Reporter::headline(UnitId unit) const {
  return summarize_failure(circumstances_.last_lines(unit), service_.directory);
}

}  // namespace livefix::control
