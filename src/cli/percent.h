// Percentages as users write them. A bare number is refused: 0.5 could be a half as well.
#pragma once

#include <string_view>

#include "base/result.h"

namespace livefix::cli {

// "5%" is 5, "0.5%" and "+0.5%" are 0.5; not negative. The error names what was given:
// `"5" has no percent sign; write "5%"`.
Result<double> parse_percent(std::string_view text);

}  // namespace livefix::cli
