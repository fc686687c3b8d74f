#include "rollout/replay_gate.h"

#include <algorithm>

namespace livefix::rollout {

void ReplayFigures::count_answer(int status) {
  const auto known = std::ranges::find(answered, status, &StatusCount::status);
  if (known != answered.end()) {
    ++known->count;
  } else {
    answered.push_back({status, 1});
  }
}

std::optional<ReplayFault> judge(const ReplayFigures& figures, const ReplaySpec& spec) {
  if (figures.broken > 0) return ReplayFault::breaks;
  if (spec.failures_must_pass && figures.still_fail > 0) return ReplayFault::still_fails;
  if (spec.healthy_must_be_alike && figures.differ > 0) return ReplayFault::differs;
  return std::nullopt;
}

}  // namespace livefix::rollout
