// The proxy process: carries the traffic, decides nothing. docs/proxy.md has the whole story.
#pragma once

#include "os/fd.h"
#include "proxy/limits.h"

namespace livefix::proxy {

// Serves until the link to the keeper closes; the result is the exit status of the process.
// Ignores SIGINT, SIGTERM and SIGHUP: the keeper says when it is over.
int run(os::Fd link, const Limits& limits = {});

}  // namespace livefix::proxy
