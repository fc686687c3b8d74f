// The keeper: the process that the user started. It owns the public listeners, every child, the
// read ends of their output and the run directory; it answers the port takeover and starts proxy
// and control again when they die. It parses nothing that comes from outside.
#pragma once

#include "model/run_spec.h"

namespace livefix::keeper {

// Runs the services until they are stopped. Returns the exit status of the command. The process
// must be single-threaded.
int run(RunSpec spec);

}  // namespace livefix::keeper
