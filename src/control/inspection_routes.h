// The part of the control API that looks at releases and does not change what runs: plan, diff and
// drift (docs/control-api.md).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "control/control_api.h"
#include "control/drift_watch.h"
#include "control/release_office.h"
#include "control/release_plan.h"

namespace livefix::control {

// Where releases are commits; all nullptr: they are not, and the routes say so.
struct InspectionParts {
  ReleaseOffice* office = nullptr;
  DriftWatch* drift = nullptr;
};

struct InspectionQuestions {
  std::function<InspectionParts()> parts;
  std::function<std::vector<ServiceSituation>()> situations;  // in the order of the run
  std::function<std::string()> busy;  // what would refuse a push now; empty: nothing
  std::function<bool()> is_stopping;
};

// They are asked at each request. `run` must outlive the API.
std::vector<ControlApi::Route> inspection_routes(const RunSpec& run,
                                                 const InspectionQuestions& ask);

}  // namespace livefix::control
