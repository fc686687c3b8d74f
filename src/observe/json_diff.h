// The differences of two values of JSON, and the noise in them. Part of answer_diff. Pure.
#pragma once

#include <boost/json/value.hpp>

#include "observe/difference_sink.h"

namespace livefix::observe {

// Numbers are compared by value, names of an object without their order, elements of an array in
// theirs: what two arrays begin and end with alike is set against each other, so that an element
// that came or went is one difference.
void compare_json(const boost::json::value& before, const boost::json::value& after,
                  DifferenceSink& sink);

}  // namespace livefix::observe
