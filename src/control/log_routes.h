// The part of the control API that is about what programs wrote (docs/control-api.md).
#pragma once

#include <vector>

#include "control/control_api.h"
#include "control/program_log.h"
#include "model/run_spec.h"

namespace livefix::control {

// Both must outlive the API.
std::vector<ControlApi::Route> log_routes(const RunSpec& run, ProgramLog& log);

}  // namespace livefix::control
