// The part of the control API that is about releases and rollouts (docs/control-api.md).
#pragma once

#include <cstddef>
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

inline constexpr std::size_t kMostStories = ReleaseBook::kStories;

// What GET /v1/history answers: the newest `most` rollouts. `parts` has an office.
std::string history_json(const ReleaseParts& parts, std::size_t most);

// `parts` and `is_stopping` are asked at each request.
std::vector<ControlApi::Route> release_routes(const std::function<ReleaseParts()>& parts,
                                              const std::function<bool()>& is_stopping);

}  // namespace livefix::control
