#include "cli/push_report.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/utf8.h"

namespace livefix::cli {
namespace {

namespace json = boost::json;

bool has(const std::vector<std::string>& lines, std::string_view text) {
  return std::ranges::any_of(
      lines, [text](const std::string& line) { return line.find(text) != std::string::npos; });
}

// The line of Git that says the most.
std::string told_by_git(const std::vector<std::string>& lines) {
  for (const std::string_view mark : {"! [", "fatal: ", "error: "}) {
    const auto found = std::ranges::find_if(
        lines, [mark](const std::string& line) { return line.find(mark) != std::string::npos; });
    if (found != lines.end()) return found->substr(found->find_first_not_of(' '));
  }
  return lines.empty() ? "git push failed and said nothing" : lines.back();
}

// What is to be done about what Git does not like, where that is known.
std::string_view advice_for(const GitPushEnd& end) {
  const auto& lines = end.git_lines;
  if (end.is_shallow || has(lines, "shallow update not allowed")) {
    return "; the checkout is shallow: fetch all of its history (fetch-depth: 0, GIT_DEPTH: 0)";
  }
  if (has(lines, "non-fast-forward") || has(lines, "fetch first")) {
    return "; the branch there has commits that this one does not have, as a rollback makes one: "
           "--force pushes over them";
  }
  return "";
}

void fill_from_git(PushReport& report, const GitPushEnd& end) {
  constexpr std::array<std::string_view, 4> kBroken{"unable to access", "RPC failed", "hung up",
                                                    "expected flush"};
  report.outcome = "refused";
  if (std::ranges::any_of(kBroken, [&](auto mark) { return has(end.git_lines, mark); })) {
    report.outcome = "unreachable";
  }
  // livefix has said why, or Git has.
  report.message = report.lines.empty() || report.outcome == "unreachable"
                       ? told_by_git(end.git_lines)
                       : report.lines.back();
  report.message += advice_for(end);
}

}  // namespace

int PushReport::exit_status() const {
  if (ok) return 0;
  return outcome == "unreachable" ? kNotReached : kNotLive;
}

std::string PushReport::json() const {
  json::array told;
  for (const std::string& line : lines) told.emplace_back(valid_utf8(line));
  return json::serialize(json::object{{"ok", ok},
                                      {"commit", commit},
                                      {"outcome", outcome},
                                      {"gate", gate},
                                      {"message", valid_utf8(message)},
                                      {"took_ms", took.count()},
                                      {"lines", std::move(told)}});
}

PushReport report_of(const GitPushEnd& end, std::string commit, std::vector<std::string> lines) {
  PushReport report{.commit = std::move(commit), .outcome = {}, .lines = std::move(lines)};
  if (end.verdict) {  // also where Git could not move the branch, which livefix does then
    report.ok = end.verdict->ok;
    report.outcome = end.verdict->outcome;
    report.gate = end.verdict->gate;
    report.message = end.verdict->message;
  } else if (end.reason != GitPushEnd::Reason::exited) {
    report.outcome = "broken_off";
    report.message = end.reason == GitPushEnd::Reason::timed_out
                         ? "there was no verdict in time; the push is broken off, and livefix "
                           "takes the rollout back"
                         : "the push is broken off, and livefix takes the rollout back";
  } else if (end.exit_status == 0) {
    report.ok = true;
    report.outcome = "unchanged";
    report.message = "the branch is there already, and what runs goes on";
  } else {
    fill_from_git(report, end);
  }
  return report;
}

}  // namespace livefix::cli
