#include "rollout/share_ladder.h"

#include <algorithm>

namespace livefix::rollout {
namespace {

bool shares_traffic(const ServiceRules& service, const RolloutState& state) {
  const auto part = state.parts.find(service.name);
  const bool alone = part != state.parts.end() && (part->second.held || part->second.takes_all);
  return service.has_old && !alone;
}

}  // namespace

std::uint32_t step_above(std::uint32_t percent, const RolloutState& state, const Rules& rules) {
  std::uint32_t next = 100;
  for (const ServiceRules& service : rules.services) {
    if (!shares_traffic(service, state)) continue;
    for (const std::uint32_t step : service.policy.steps) {
      if (step > percent) next = std::min(next, step);
    }
  }
  return next;
}

bool any_shares(const RolloutState& state, const Rules& rules) {
  return std::ranges::any_of(rules.services, [&state](const ServiceRules& service) {
    return shares_traffic(service, state);
  });
}

std::uint32_t share_at(std::uint32_t percent, const ServiceRules& service,
                       const RolloutState& state) {
  return shares_traffic(service, state) ? percent : 100;
}

std::vector<ServiceShare> shares_at(std::uint32_t percent, const RolloutState& state,
                                    const Rules& rules) {
  std::vector<ServiceShare> shares;
  for (const ServiceRules& service : rules.services) {
    shares.push_back({service.name, share_at(percent, service, state)});
  }
  return shares;
}

Milliseconds bake_of(const Rules& rules) {
  Milliseconds longest{0};
  for (const ServiceRules& service : rules.services) {
    longest = std::max(longest, service.policy.bake);
  }
  return longest;
}

}  // namespace livefix::rollout
