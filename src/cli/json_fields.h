// Fields of a JSON object from the control API: what is missing, or of another type, is empty, so
// that a newer livefix can be asked.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace livefix::cli {

Result<boost::json::object> parse_json_object(std::string_view text);

std::string text_at(const boost::json::object& object, std::string_view key);
std::int64_t number_at(const boost::json::object& object, std::string_view key);
double fraction_at(const boost::json::object& object, std::string_view key);
bool flag_at(const boost::json::object& object, std::string_view key);
const boost::json::array& array_at(const boost::json::object& object, std::string_view key);
// nullptr: there is none.
const boost::json::object* object_at(const boost::json::object& object, std::string_view key);
std::vector<std::string> texts_at(const boost::json::object& object, std::string_view key);
// Those of an array that are objects.
std::vector<const boost::json::object*> objects_at(const boost::json::object& object,
                                                   std::string_view key);

// The bytes of a patch, {"text": ...} or {"base64": ...}.
Result<std::string> patch_at(const boost::json::object& object);

}  // namespace livefix::cli
