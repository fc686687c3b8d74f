// What GET /v1/history and GET /v1/rollout say, and how it is shown.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cli/rollout_figures.h"

namespace livefix::cli {

struct RolloutSummary {
  std::int64_t id = 0;
  std::string commit;
  std::string subject;
  std::vector<std::string> services;
  std::string who;
  std::string began;    // "2026-11-26T10:00:00Z"
  std::string phase;    // of one that is under way
  std::string outcome;  // "promoted", "taken_back", "refused"; empty: under way
  bool is_rollback = false;
  std::string gate;  // of what was refused or taken back; empty: no gate did it
  std::string message;
  Milliseconds took{};                // 0: nobody has measured it
  std::vector<std::string> lines;     // of /v1/rollout alone; one may be several, with line breaks
  std::vector<std::string> symptoms;  // the same: what became of each
  std::vector<ServiceFigures> figures{};  // old against new, in the last step that had requests
};

struct RolloutHistory {
  std::map<std::string, std::string> running;  // commit by service
  std::vector<RolloutSummary> rollouts;        // newest first
};

// Fields that they do not know are passed over; the error is a sentence.
Result<RolloutHistory> parse_history(std::string_view text);
Result<RolloutSummary> parse_rollout(std::string_view text);

// "live", "taken back (errors)", "shifting".
std::string outcome_text(const RolloutSummary& rollout);

// A line for each of the newest `most`, of 100 columns where names and verdicts are not long, and
// below it its figures, a line for each service that had any.
std::string history_table(const RolloutHistory& history, std::size_t most);
// All of one.
std::string rollout_text(const RolloutSummary& rollout);

}  // namespace livefix::cli
