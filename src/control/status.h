// The answer to GET /v1/status (docs/control-api.md).
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "base/clock.h"
#include "control/service_facts.h"
#include "control/service_state.h"
#include "control/traffic.h"

namespace livefix::control {

struct LastChange {
  bool ok = false;
  std::string message;
};

struct StatusInput {
  const ServiceState& state;
  const Policy& policy;
  const Traffic& traffic;
  std::string run;
  std::string takeover_reason;
  std::int32_t keeper_pid = 0;
  std::optional<LastChange> last_change;
  TimePoint now;
};

// Of one service. Reads /proc for the processes of each generation.
boost::json::object service_status(const StatusInput& input);

// The same for metrics, of its generations that are no builds.
ServiceFacts service_facts(const ServiceState& state, const Policy& policy,
                           std::int32_t keeper_pid);

// Of a run of several.
boost::json::object run_status(const std::string& name, std::int32_t keeper_pid,
                               const Traffic& traffic, boost::json::array services);

}  // namespace livefix::control
