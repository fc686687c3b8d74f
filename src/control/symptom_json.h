// Symptoms as the control API tells of them (docs/control-api.md).
#pragma once

#include <boost/json/object.hpp>
#include <optional>

#include "observe/symptom.h"

namespace livefix::control {

// A line of a list. `recent`: failures of the route's requests in the last five minutes, where they
// are known.
boost::json::object symptom_line(const observe::Symptom& symptom,
                                 const std::optional<proportion::Share>& recent,
                                 observe::WallTime now);
// All of it.
boost::json::object symptom_json(const observe::Symptom& symptom,
                                 const std::optional<proportion::Share>& recent,
                                 observe::WallTime now);

}  // namespace livefix::control
