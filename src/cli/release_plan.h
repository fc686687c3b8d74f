// What GET /v1/plan says, and how it is shown.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace livefix::cli {

// Of the answer: a block for the commit, and one for each service. Fields that it does not know are
// passed over; the error is a sentence.
Result<std::string> plan_text(std::string_view json);

}  // namespace livefix::cli
