#include "rollout/phrases.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

#include "base/duration_text.h"
#include "base/figures.h"

namespace livefix::rollout {
namespace {

constexpr std::string_view kFixIt = "fix it and push again";

// Of a verdict: what happened, and after a semicolon what to do.
struct VerdictWords {
  const std::string& service;

  std::string operator()(const NotLaidOut& why) const {
    return fmt::format("the commit could not be laid out: {}; push again when that is mended",
                       why.reason);
  }
  std::string operator()(const NotBuilt& why) const {
    return fmt::format("{} did not build: {}; {}", subject(), why.reason, kFixIt);
  }
  std::string operator()(const NoMemory& why) const {
    return fmt::format(
        "there is no room for old and new at once: the new one needs about {}, {} are free; free "
        "some, or write plan = \"hold\" to stop the old one first",
        bytes_text(why.figures.needed), bytes_text(why.figures.available));
  }
  std::string operator()(const NotStarted& why) const {
    return fmt::format("{} did not start: {}; {}", subject(), why.reason, kFixIt);
  }
  std::string operator()(const NotHealthy& why) const {
    return fmt::format("{} was not healthy after {}: {}; {}, or write a longer health.timeout",
                       subject(), duration_text(why.waited),
                       why.what.empty() ? "it did not answer" : why.what, kFixIt);
  }
  std::string operator()(const FailsReplay& why) const {
    const ReplayFigures& found = why.figures;
    switch (why.fault) {
      case ReplayFault::breaks:
        return fmt::format(
            "{} fails where the old one does not: {} ({} of {} healthy samples); {}, or write "
            "rollout.replay = \"off\"",
            subject(), found.breaking, found.broken, found.healthy, kFixIt);
      case ReplayFault::still_fails:
        return fmt::format(
            "{} still fails with what was recorded: {} ({} of {} failures); {}, or write "
            "replay.failures = \"tell\"",
            subject(), found.failing, found.still_fail, found.failures, kFixIt);
      case ReplayFault::differs:
        break;
    }
    return fmt::format(
        "{} answers otherwise than the old one: {} ({} of {} healthy samples); {}, or write "
        "replay.healthy = \"tell\"",
        subject(), fmt::join(found.differences, "; "), found.differ, found.healthy, kFixIt);
  }
  std::string operator()(const FailsMirror& why) const {
    const MirrorFigures& found = why.figures;
    if (why.fault == MirrorFault::breaks) {
      return fmt::format(
          "{} fails where the old one does not: {} ({} of {} live requests); {}, or write "
          "mirror.share = \"0%\"",
          subject(), found.breaking, found.broken, found.requests, kFixIt);
    }
    return fmt::format(
        "{} answers otherwise than the old one: {} ({} of {} live requests); {}, or write "
        "mirror.answers = \"tell\"",
        subject(), fmt::join(found.differences, "; "), found.differ, found.requests, kFixIt);
  }
  std::string operator()(const Crashed& why) const {
    return fmt::format("the new {} {}; {}", subject(), why.what, kFixIt);
  }
  std::string operator()(const TooManyErrors& why) const {
    return fmt::format("{} with {} % of the traffic: {}; {}, or write a higher max_error_rate",
                       subject(), why.percent, phrase(why.figures), kFixIt);
  }
  std::string operator()(const TooSlow& why) const {
    return fmt::format("{} with {} % of the traffic: {}; make it faster, or write a higher max_p99",
                       subject(), why.percent, phrase(why.figures));
  }
  std::string operator()(const TooLittleTraffic& why) const {
    return fmt::format(
        "{} with {} % of the traffic got too few requests in {} to be judged: {}; push again when "
        "there are more, or write little_traffic = \"go_on\"",
        subject(), why.percent, duration_text(why.waited), phrase(why.figures));
  }
  std::string operator()(const TookTooLong& why) const {
    return fmt::format("{} {}; push again", overdue(why.stage), duration_text(why.waited));
  }
  std::string operator()(const NotRecorded& why) const {
    return fmt::format(
        "the decision to keep it could not be recorded: {}; push again when that is "
        "mended",
        why.reason);
  }
  std::string operator()(const Aborted& why) const {
    return fmt::format("{} aborted it{}; push again when it may go on", why.who,
                       why.why.empty() ? "" : fmt::format(": {}", why.why));
  }
  std::string operator()(const PusherGone&) const {
    return "the push was broken off before the verdict; push again";
  }
  std::string operator()(const PausedTooLong& why) const {
    return fmt::format("it was paused for {}; push again", duration_text(why.waited));
  }
  std::string operator()(const Interrupted&) const {
    return "livefix was restarted in the middle of it; push again";
  }

  std::string subject() const { return service.empty() ? "the commit" : service; }

  std::string overdue(Stage stage) const {
    switch (stage) {
      case Stage::lay_out:
        return "the commit was not laid out after";
      case Stage::build:
        return "the build was not over after";
      case Stage::start:
        return fmt::format("{} was not ready after", subject());
      case Stage::share:
        return "the proxy did not take the new shares for";
      case Stage::figures:
        break;
    }
    return fmt::format("nothing was heard of the traffic of {} for", subject());
  }
};

std::string names(const std::vector<std::string>& services) {
  return fmt::format("{}", fmt::join(services, ", "));
}

std::string several(std::uint64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count_text(count), what, count == 1 ? "" : "s");
}

std::string requests_text(std::uint64_t count) {
  return count == 0 ? "no requests" : several(count, "request");
}

// "14 recorded failures → 12 answered 200, 2 still fail (GET /pay: 500)"
std::string failures_text(const ReplayFigures& figures) {
  std::vector<std::string> parts;
  for (const StatusCount& one : figures.answered) {
    parts.push_back(fmt::format("{} answered {}", count_text(one.count), one.status));
  }
  if (figures.still_fail > 0) {
    parts.push_back(fmt::format("{} still fail{} ({})", count_text(figures.still_fail),
                                figures.still_fail == 1 ? "s" : "", figures.failing));
  }
  return fmt::format("{} → {}", several(figures.failures, "recorded failure"), names(parts));
}

// "120 healthy samples → 118 unchanged, 2 differ"
std::string samples_text(const ReplayFigures& figures) {
  std::vector<std::string> parts;
  if (figures.unchanged > 0) parts.push_back(count_text(figures.unchanged) + " unchanged");
  if (figures.differ > 0) {
    parts.push_back(
        fmt::format("{} differ{}", count_text(figures.differ), figures.differ == 1 ? "s" : ""));
  }
  return fmt::format("{} → {}", several(figures.healthy, "healthy sample"), names(parts));
}

// "214 live requests → 212 alike, 2 differ"
std::string mirrored_text(const MirrorFigures& figures) {
  if (figures.requests == 0) return "no live requests to compare";
  std::vector<std::string> parts;
  if (figures.alike > 0) parts.push_back(count_text(figures.alike) + " alike");
  if (figures.differ > 0) {
    parts.push_back(
        fmt::format("{} differ{}", count_text(figures.differ), figures.differ == 1 ? "s" : ""));
  }
  return fmt::format("{} → {}", several(figures.requests, "live request"), names(parts));
}

// Why a step that goes on was not passed.
std::string_view doubt(const Judgement& judgement) {
  if (!judgement.undecided()) return "";
  const bool has_old = judgement.errors.old.of > 0 && judgement.latency.old_requests > 0;
  return has_old ? " · too few to be sure" : " · no others to compare with";
}

struct ProgressWords {
  std::string operator()(const LayOutBegan&) const { return "laying out the commit"; }
  std::string operator()(const BuildBegan&) const { return "building"; }
  std::string operator()(const StartBegan& what) const {
    if (what.held.empty()) return fmt::format("starting {}", names(what.services));
    return fmt::format(
        "starting {}; requests for {} wait meanwhile, since the old one stops before the new one "
        "starts",
        names(what.services), names(what.held));
  }
  std::string operator()(const CandidateIsUp& what) const {
    return fmt::format("{} ready", what.service);
  }
  std::string operator()(const HealthPassed& what) const {
    return fmt::format("{} healthy: {}", what.service, what.what);
  }
  std::string operator()(const ReplayPassed& what) const {
    const ReplayFigures& figures = what.figures;
    std::vector<std::string> parts;
    if (figures.failures > 0) parts.push_back(failures_text(figures));
    if (figures.healthy > 0) parts.push_back(samples_text(figures));
    if (figures.unasked > 0) {
      parts.push_back(fmt::format("no time for {}", several(figures.unasked, "other")));
    }
    std::string text = fmt::format("{}{}replay  {}", what.service, what.service.empty() ? "" : " ",
                                   fmt::join(parts, " · "));
    for (const std::string& difference : figures.differences) text += "\n    " + difference;
    return text;
  }
  std::string operator()(const ReplayGivenUp& what) const {
    return fmt::format("{} replay  nothing came of it in time, going on without", what.service);
  }
  std::string operator()(const MirrorPassed& what) const {
    std::string text = fmt::format("{}{}mirror  {}", what.service, what.service.empty() ? "" : " ",
                                   mirrored_text(what.figures));
    for (const std::string& difference : what.figures.differences) text += "\n    " + difference;
    return text;
  }
  std::string operator()(const MirrorGivenUp& what) const {
    return fmt::format("{} mirror  nothing came of it in time, going on without", what.service);
  }
  std::string operator()(const PreviewBegan& what) const {
    return fmt::format(
        "waiting {} for whoever wants to look (livefix preview); livefix resume goes on",
        duration_text(what.time));
  }
  std::string operator()(const ShareTaken& what) const {
    std::vector<std::string> shares;
    for (const ServiceShare& share : what.shares) {
      shares.push_back(fmt::format("{} {} %", share.service, share.candidate));
    }
    return fmt::format("traffic of the new: {}", names(shares));
  }
  std::string operator()(const StepJudged& what) const {
    const ErrorJudgement& errors = what.judgement.errors;
    const LatencyJudgement& latency = what.judgement.latency;
    const std::string head = fmt::format("{} · {} % · {}", what.service, what.percent,
                                         requests_text(errors.candidate.of));
    if (errors.candidate.of == 0) return head + " to judge by";
    const bool has_old = errors.old.of > 0;
    return fmt::format(
        "{} · errors {}{} · p99 {}{}{}", head, percent_text(errors.candidate.value()),
        has_old ? fmt::format(" (old: {})", percent_text(errors.old.value())) : "",
        duration_text(latency.candidate_p99),
        latency.old_requests > 0 ? fmt::format(" (old: {})", duration_text(latency.old_p99)) : "",
        doubt(what.judgement));
  }
  std::string operator()(const WaitsForTraffic& what) const {
    return fmt::format("{} with {} %: waiting up to {} for enough requests to judge by",
                       what.service, what.percent, duration_text(what.patience));
  }
  std::string operator()(const LooksAgain& what) const {
    return fmt::format("{} is slow, counting anew in case it was warming up: {}", what.service,
                       phrase(what.first));
  }
  std::string operator()(const OldIsDown& what) const {
    return fmt::format("the old {} crashed", what.service);
  }
  std::string operator()(const WasPaused&) const { return "paused"; }
  std::string operator()(const WasResumed&) const { return "going on"; }
  std::string operator()(const AbortIsLate&) const {
    return "too late to abort, it is being kept; to undo it, push the commit before it";
  }
  std::string operator()(const TakeBackBegan& what) const {
    return fmt::format("taking it back: {}", phrase(what.verdict));
  }
  std::string operator()(const EndedPromoted& what) const {
    return fmt::format("live: {}", names(what.services));
  }
  std::string operator()(const EndedTakenBack& what) const {
    std::vector<std::string> after;
    if (!what.first.empty()) {
      after.push_back(fmt::format("there was no {} before", names(what.first)));
    }
    if (!what.missing.empty()) {
      after.push_back(fmt::format("the old {} is not up again yet, livefix goes on trying",
                                  names(what.missing)));
    }
    if (after.empty()) after.emplace_back("the old one serves");
    return fmt::format("taken back, {}: {}", names(after), phrase(what.verdict));
  }
  std::string operator()(const EndedRefused& what) const {
    return fmt::format("refused, nothing was changed: {}", phrase(what.verdict));
  }
};

}  // namespace

std::string phrase(const ErrorJudgement& figures) {
  const bool has_old = figures.old.of > 0;
  return fmt::format("errors {} of {} (old: {}), limit {}{}",
                     percent_text(figures.candidate.value()), count_text(figures.candidate.of),
                     has_old ? fmt::format("{} of {}", percent_text(figures.old.value()),
                                           count_text(figures.old.of))
                             : "no requests",
                     has_old ? "old + " : "", percent_text(figures.limit));
}

std::string phrase(const LatencyJudgement& figures) {
  if (figures.slow.of == 0) return "p99 unknown, no requests";
  const std::string own = fmt::format("p99 {} of {}", duration_text(figures.candidate_p99),
                                      count_text(figures.slow.of));
  if (figures.old_requests == 0) return own + " (old: no requests)";
  const bool has_limit = figures.slow_from > std::chrono::microseconds{0};
  return fmt::format("{}{} (old: {} of {}), limit old + {}: {} took longer than {}, {} may",
                     figures.route.empty() ? "" : figures.route + ": ", own,
                     duration_text(figures.old_p99), count_text(figures.old_requests),
                     percent_text(figures.limit), percent_text(figures.slow.value()),
                     has_limit ? duration_text(figures.slow_from) : "the limit of its route",
                     percent_text(figures.allowed));
}

std::string phrase(const Judgement& figures) {
  return fmt::format("{}; {}", phrase(figures.errors), phrase(figures.latency));
}

std::string phrase(const Verdict& verdict) {
  return std::visit(VerdictWords{verdict.service}, verdict.grounds);
}

std::string phrase(const Progress& progress) {
  return std::visit(ProgressWords{}, progress);
}

}  // namespace livefix::rollout
