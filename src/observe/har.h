// A recorded exchange as an HTTP Archive 1.2, which browsers and other tools open; its secrets are
// hidden. Pure.
#pragma once

#include <boost/json/object.hpp>

#include "observe/redaction.h"

namespace livefix::observe {

boost::json::object har(const ShownExchange& exchange);

}  // namespace livefix::observe
