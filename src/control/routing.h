// The routing plan that a state calls for.
#pragma once

#include "control/service_state.h"
#include "model/routing_plan.h"

namespace livefix::control {

inline constexpr std::uint32_t kFullWeight = 100;

// The generation that serves with full weight, those that drain with none, and one that is warm,
// which a person may look at; each with the places that were seen to accept connections.
RoutingPlan plan_of(const ServiceState& state, const Policy& policy);

// Places of a generation that were seen to accept connections; first those of the port that was
// asked for.
std::vector<Backend> backends_of(const Generation& generation, const Policy& policy);

}  // namespace livefix::control
