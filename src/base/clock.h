// The clock that intervals and deadlines are measured with. It never jumps.
#pragma once

#include <chrono>

namespace livefix {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Milliseconds = std::chrono::milliseconds;

}  // namespace livefix
