// Which share of the traffic comes next, and what it means for each service. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "rollout/rollout_event.h"
#include "rollout/rollout_rules.h"
#include "rollout/rollout_state.h"

namespace livefix::rollout {

// The next step above `percent` of those services that share their traffic; after their last, and
// where none shares, 100.
std::uint32_t step_above(std::uint32_t percent, const RolloutState& state, const Rules& rules);

// Some service gives its candidate less than all before the last step.
bool any_shares(const RolloutState& state, const Rules& rules);

// What the candidate of a service, and of each one, gets at `percent`.
std::uint32_t share_at(std::uint32_t percent, const ServiceRules& service,
                       const RolloutState& state);
std::vector<ServiceShare> shares_at(std::uint32_t percent, const RolloutState& state,
                                    const Rules& rules);

// How long a step is watched: the longest bake of all services.
Milliseconds bake_of(const Rules& rules);

}  // namespace livefix::rollout
