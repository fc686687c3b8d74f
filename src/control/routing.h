// The routing plan that a state calls for.
#pragma once

#include "control/service_state.h"
#include "model/routing_plan.h"

namespace livefix::control {

inline constexpr std::uint32_t kFullWeight = 100;

// The generation that serves with full weight, those that drain with none, each with the places
// that were seen to accept connections.
RoutingPlan plan_of(const ServiceState& state, const Policy& policy);

}  // namespace livefix::control
