// Recorded exchanges as the control API tells of them (docs/control-api.md).
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "observe/redaction.h"

namespace livefix::control {

// A line of a list.
boost::json::object recording_line(const observe::ShownExchange& exchange,
                                   std::string_view service);
// All of it.
boost::json::object recording_json(const observe::ShownExchange& exchange,
                                   std::string_view service);

}  // namespace livefix::control
