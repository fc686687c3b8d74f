// One line of --json (docs/events.md).
#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace livefix::control {

// Of texts that may come from anywhere.
boost::json::array json_array(const std::vector<std::string>& texts);

// A time, or that of now, as RFC 3339 in UTC with milliseconds.
std::string timestamp(std::chrono::system_clock::time_point time);
std::string timestamp();

// `fields` behind "event", "time" and "service".
std::string json_event(std::string_view event, std::string_view service,
                       const boost::json::object& fields);

}  // namespace livefix::control
