// The differences of two texts, line by line, and the noise in them. Part of answer_diff. Pure.
#pragma once

#include <string_view>

#include "observe/difference_sink.h"

namespace livefix::observe {

// Long lines are compared piece by piece (behind `>`, `,`, `;` and `}`), so that one token in a
// page without line breaks does not hide the rest. What both begin and end with alike is set
// against each other.
void compare_text(std::string_view before, std::string_view after, DifferenceSink& sink);

}  // namespace livefix::observe
