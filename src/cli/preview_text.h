// What `livefix preview` prints of an answer of the control API. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <string>

namespace livefix::cli {

std::string preview_text(const boost::json::object& preview);

}  // namespace livefix::cli
