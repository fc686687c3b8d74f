#include "control/json_event.h"

#include <fmt/chrono.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/utf8.h"

namespace livefix::control {

boost::json::array json_array(const std::vector<std::string>& texts) {
  boost::json::array array;
  for (const std::string& text : texts) array.emplace_back(valid_utf8(text));
  return array;
}

std::string timestamp(std::chrono::system_clock::time_point time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto fraction = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole);
  return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(whole)),
                     fraction.count());
}

std::string timestamp() {
  return timestamp(std::chrono::system_clock::now());
}

std::string json_event(std::string_view event, std::string_view service,
                       const boost::json::object& fields) {
  boost::json::object line{{"event", event}, {"time", timestamp()}, {"service", service}};
  for (const auto& field : fields) line.insert(field);
  return boost::json::serialize(line);
}

}  // namespace livefix::control
