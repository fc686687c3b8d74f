// The answer to GET /v1/status (docs/control-api.md).
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
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
  std::string takeover_reason;
  std::int32_t keeper_pid = 0;
  std::optional<LastChange> last_change;
  TimePoint now;
};

// Reads /proc for the processes of each generation.
std::string status_json(const StatusInput& input);

}  // namespace livefix::control
