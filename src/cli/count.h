// Whole numbers on the command line.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace livefix::cli {

// "20", and nothing below `least`. The error names what was found.
Result<std::size_t> parse_count(std::string_view text, std::size_t least);

}  // namespace livefix::cli
