// Ends programs that nobody looks after any more: those that a livefix had started which was
// killed. They are found by their environment; a process of another user, or one that wrote over
// its environment, stays. Blocks.
#pragma once

#include <string>

#include "base/clock.h"

namespace livefix::os {

// SIGTERM to all that were started with `variable` ("NAME=value") in their environment, SIGKILL to
// those that are left after `grace`. Returns when none is, or when even that does not help.
void end_processes_started_with(const std::string& variable, Milliseconds grace);

}  // namespace livefix::os
