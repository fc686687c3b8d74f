#include "control/door_rights.h"

#include <algorithm>
#include <array>

namespace livefix::control {

std::optional<Scope> scope_at_door(const ControlApi::Route& route) {
  constexpr std::array<std::string_view, 5> kOfPushers{"/v1/pause", "/v1/resume", "/v1/promote",
                                                       "/v1/abort", "/v1/rollback"};
  if (route.method == ControlApi::Method::get) {
    // /metrics has an answer of its own there.
    return route.path.starts_with("/v1/") ? std::optional(Scope::read) : std::nullopt;
  }
  return std::ranges::find(kOfPushers, route.path) == kOfPushers.end() ? std::nullopt
                                                                       : std::optional(Scope::push);
}

}  // namespace livefix::control
