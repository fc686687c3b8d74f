// The gate before any traffic: what was recorded is sent to the candidate. It must answer where the
// old generation does; whether it has to do better, or the same, the service says. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/replay_spec.h"

namespace livefix::rollout {

struct StatusCount {
  int status = 0;
  std::uint32_t count = 0;
  bool operator==(const StatusCount&) const = default;
};

// Of one service. What a person reads in it is redacted.
struct ReplayFigures {
  static constexpr std::size_t kMostDifferences = 3;

  std::uint32_t failures = 0;           // recorded ones that the candidate was asked
  std::vector<StatusCount> answered{};  // of these, those that are none any more
  std::uint32_t still_fail = 0;
  std::string failing{};      // the first of them: "GET /pay: 500"
  std::uint32_t healthy = 0;  // samples that the old generation answers well
  std::uint32_t unchanged = 0;
  std::uint32_t differ = 0;
  std::vector<std::string> differences{};  // the first: "GET /cart/:id: $.total: 12 → 13"
  std::uint32_t broken = 0;                // the candidate fails where the old one does not
  std::string breaking{};                  // the first of them: "GET /cart/:id: 200 → 500"
  std::uint32_t unasked = 0;               // for want of time

  void count_answer(int status);
  bool has_any() const { return failures + healthy + unasked > 0; }
  bool operator==(const ReplayFigures&) const = default;
};

enum class ReplayFault : std::uint8_t { breaks, still_fails, differs };

// Nothing: it may have traffic.
std::optional<ReplayFault> judge(const ReplayFigures& figures, const ReplaySpec& spec);

}  // namespace livefix::rollout
