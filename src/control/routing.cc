#include "control/routing.h"

#include <algorithm>

namespace livefix::control {

RoutingPlan plan_of(const ServiceState& state, const Policy& policy) {
  RoutingPlan plan = first_plan(policy.service, policy.numbers.service_index);
  plan.version = state.plan;
  std::uint32_t yielded = kFullWeight;
  for (const Address& address : state.public_ports) plan.ports.push_back(address.port);
  for (const auto& [id, unit] : state.units) {
    if (const auto* yielding = std::get_if<Yielding>(&unit.phase)) yielded -= yielding->share;
  }
  for (const auto& [id, unit] : state.units) {
    if (!carries(unit)) continue;
    GenerationRoute route;
    route.generation = id;
    route.label = release_name(unit.release);
    const auto* yielding = std::get_if<Yielding>(&unit.phase);
    route.weight = is<Serving>(unit) ? yielded : yielding ? yielding->share : 0;
    if (const auto* draining = std::get_if<Draining>(&unit.phase)) {
      route.ends = draining->since + policy.service.timing.drain;
    }
    for (const Place& place : unit.places) {
      if (place.accepts)
        route.backends.push_back({place.where.requested.port, place.where.backend});
    }
    // The first one serves the proxy's own doors, too: the port that was asked for.
    std::ranges::stable_partition(route.backends, [&policy](const Backend& backend) {
      return backend.public_port == policy.service.port;
    });
    plan.generations.push_back(std::move(route));
  }
  return plan;
}

}  // namespace livefix::control
