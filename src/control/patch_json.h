// A patch as the control API hands it out: exact, so that `git apply` takes it, though JSON has no
// bytes: {"text": ...} where it is UTF-8, else {"base64": ...}; and "cut": there is more. Pure.
#pragma once

#include <boost/json/object.hpp>

#include "releases/commit_reader.h"

namespace livefix::control {

boost::json::object patch_json(const releases::DiffText& diff);

}  // namespace livefix::control
