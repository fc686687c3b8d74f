// Sizes as users write them. A bare number is refused, as for durations: bytes or kilobytes?
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace livefix::cli {

// Bytes of "512B", "64KiB", "1.5MiB", "2GiB" or, in powers of ten, "10kB", "5MB", up to 1 TiB; and
// of "0", which needs no unit. The error names what was given and what to write instead:
// `"64" has no unit; write "64KiB" or "64B"`.
Result<std::uint64_t> parse_size(std::string_view text);

// "64KiB", "1MiB", "1500B": as parse_size() reads it.
std::string describe_size(std::uint64_t bytes);

}  // namespace livefix::cli
