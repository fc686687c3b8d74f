// Where requests go. Control publishes a plan for each service, the keeper remembers the last
// one of each, proxy workers read them; nobody changes one. A plan says everything about its
// service: what it does not name is over.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/clock.h"
#include "base/ids.h"
#include "model/service_spec.h"
#include "model/traffic_spec.h"

namespace livefix {

// One generation listens at `address` for what arrives at the public port; the first one of a
// generation also for what comes by a door of the proxy's own.
struct Backend {
  std::uint16_t public_port = 0;
  Address address;
};

// With weight 0 a generation finishes what it has and gets nothing new: it drains. A generation
// that a plan no longer names is cut: the proxy closes whatever is left of it.
struct GenerationRoute {
  UnitId generation{};
  std::uint32_t weight = 0;
  std::vector<Backend> backends;
  std::string label{};  // what requests that choose their generation call it: "dev-3"
  // When a later plan will cut it, of one that drains. Clocks of all processes of a machine agree.
  std::optional<TimePoint> ends{};
  bool is_candidate = false;  // of a rollout: it may be looked at by whoever has a pass
};

// What happens to requests while no generation can take them.
struct HoldPolicy {
  std::uint32_t max_requests = 10'000;
  Milliseconds max_wait{30'000};
};

struct RoutingPlan {
  PlanVersion version{};  // of this service's plans
  std::vector<GenerationRoute> generations;
  HoldPolicy hold;
  std::string service{};
  TrafficSpec traffic{};
  std::uint16_t service_index = 0;
  // Where the service is to be found, also while none of its generations is there.
  std::vector<std::uint16_t> ports{};
  // That passes are signed with (model/preview_pass.h); empty: none is good. Nobody may see it.
  std::string preview_key{};
  // Of the safe requests that do not go to the candidate, the share that control is told of, so
  // that it can ask the candidate the same; 0: none.
  double mirror = 0;
};

// Until control publishes one: requests for the service wait.
inline RoutingPlan first_plan(const ServiceSpec& service, std::size_t index) {
  RoutingPlan plan;
  plan.hold = {service.held_requests, service.timing.hold};
  plan.service = service.name;
  plan.traffic = service.traffic;
  plan.service_index = static_cast<std::uint16_t>(index);
  if (service.port != 0) plan.ports.push_back(service.port);
  return plan;
}

}  // namespace livefix
