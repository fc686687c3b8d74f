// The control role: decides everything, carries nothing. It watches the tree, starts releases,
// finds out when they are ready, says where requests go, talks to the user and answers the
// control API. It may be killed at any time: the next one goes on (driver.h).
#pragma once

#include "os/fd.h"

namespace livefix::control {

// Runs until the keeper closes the link. Returns the exit status of the process.
int run(os::Fd link);

}  // namespace livefix::control
