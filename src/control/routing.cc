#include "control/routing.h"

namespace livefix::control {

RoutingPlan plan_of(const ServiceState& state, const Policy& policy) {
  RoutingPlan plan;
  plan.version = state.plan;
  plan.hold.max_requests = policy.service.held_requests;
  plan.hold.max_wait = policy.service.timing.hold;
  for (const auto& [id, unit] : state.units) {
    if (!is<Serving>(unit) && !is<Draining>(unit)) continue;
    GenerationRoute route;
    route.generation = id;
    route.weight = is<Serving>(unit) ? kFullWeight : 0;
    for (const Place& place : unit.places) {
      if (place.accepts)
        route.backends.push_back({place.where.requested.port, place.where.backend});
    }
    plan.generations.push_back(std::move(route));
  }
  return plan;
}

}  // namespace livefix::control
