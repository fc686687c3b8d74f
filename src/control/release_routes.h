// The part of the control API that is about releases and rollouts (docs/control-api.md).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "control/control_api.h"
#include "control/release_office.h"
#include "control/rollback.h"
#include "control/rollout_driver.h"

namespace livefix::control {

// Where releases are commits; all nullptr: they are not, and the routes say so.
struct ReleaseParts {
  ReleaseOffice* office = nullptr;
  RolloutDriver* rollouts = nullptr;
  Rollback* rollback = nullptr;
  std::string trouble{};  // why there is no office, although releases are commits
};

// `parts` and `is_stopping` are asked at each request.
std::vector<ControlApi::Route> release_routes(const std::function<ReleaseParts()>& parts,
                                              const std::function<bool()>& is_stopping);

}  // namespace livefix::control
