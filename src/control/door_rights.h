// Which routes of the control API are served on the control port, and what a token has to allow for
// each. Pure.
#pragma once

#include <optional>

#include "control/control_api.h"
#include "model/token.h"

namespace livefix::control {

// nullopt: by the socket only, for the user who runs livefix. That is what changes things on the
// server beside rollouts, and what Git's hook asks.
std::optional<Scope> scope_at_door(const ControlApi::Route& route);

}  // namespace livefix::control
