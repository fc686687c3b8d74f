// Durations as users write them. A bare number is refused: nobody remembers which unit it has.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace livefix::cli {

// "500ms", "5s", "1.5s", "2m", "1h", up to a day. The error names what was given and what to
// write instead: `"5" has no unit; write "5s" or "500ms"`.
Result<Milliseconds> parse_duration(std::string_view text);

// "12s", "3m 05s", "2h 10m", "3d 4h": how long something has been there.
std::string describe_age(Milliseconds age);

}  // namespace livefix::cli
