#include "control/routing.h"

#include <algorithm>

namespace livefix::control {

RoutingPlan plan_of(const ServiceState& state, const Policy& policy) {
  RoutingPlan plan = first_plan(policy.service, policy.numbers.service_index);
  plan.version = state.plan;
  plan.preview_key = policy.preview_key;
  // What the one that serves has left by those beside it; where none serves, the one that is
  // proven has all.
  std::uint32_t rest = kFullWeight;
  const bool one_serves = serving(state) != nullptr;
  for (const Address& address : state.public_ports) plan.ports.push_back(address.port);
  for (const auto& [id, unit] : state.units) {
    if (const auto* yielding = std::get_if<Yielding>(&unit.phase)) rest -= yielding->share;
    if (const auto* trial = std::get_if<Trial>(&unit.phase)) rest -= trial->share;
  }
  for (const auto& [id, unit] : state.units) {
    if (!carries(unit) && !is<Warm>(unit)) continue;
    GenerationRoute route;
    route.generation = id;
    route.label = unit.release.name;
    if (is<Serving>(unit)) route.weight = rest;
    if (const auto* yielding = std::get_if<Yielding>(&unit.phase)) route.weight = yielding->share;
    if (const auto* trial = std::get_if<Trial>(&unit.phase)) {
      route.weight = one_serves ? trial->share : kFullWeight;
      route.is_candidate = true;
      if (one_serves && trial->share == 0) plan.mirror = policy.service.traffic.mirror.share;
    }
    if (const auto* draining = std::get_if<Draining>(&unit.phase)) {
      route.ends = draining->since + policy.service.timing.drain;
    }
    // The first one serves the proxy's own doors, too: the port that was asked for.
    route.backends = backends_of(unit, policy);
    plan.generations.push_back(std::move(route));
  }
  return plan;
}

std::vector<Backend> backends_of(const Generation& generation, const Policy& policy) {
  std::vector<Backend> backends;
  for (const Place& place : generation.places) {
    if (place.accepts) backends.push_back({place.where.requested.port, place.where.backend});
  }
  std::ranges::stable_partition(backends, [&policy](const Backend& backend) {
    return backend.public_port == policy.service.port;
  });
  return backends;
}

}  // namespace livefix::control
