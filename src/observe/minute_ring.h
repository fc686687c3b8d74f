// How many of something there were, minute by minute, over the last hour. A value. Minutes are
// those of a wall clock; where it jumps, what was counted in a minute of the same place is
// forgotten.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>

#include "base/clock.h"

namespace livefix::observe {

using WallTime = std::chrono::sys_time<Milliseconds>;

class MinuteRing {
 public:
  static constexpr std::uint32_t kMinutes = 60;

  void add(WallTime time, std::uint64_t count) {
    const std::uint32_t minute = minute_of(time);
    Slot& slot = slots_[minute % kMinutes];
    if (slot.minute != minute) slot = {minute, 0};
    slot.count += static_cast<std::uint32_t>(
        std::min<std::uint64_t>(count, std::numeric_limits<std::uint32_t>::max() - slot.count));
  }

  // Of the minute that `now` is in and the `minutes` - 1 before it; at most kMinutes.
  std::uint64_t last(WallTime now, std::uint32_t minutes) const {
    const std::uint32_t minute = minute_of(now);
    std::uint64_t sum = 0;
    for (const Slot& slot : slots_) {
      // Unsigned: a minute that is yet to come is far away, too.
      if (minute - slot.minute < minutes) sum += slot.count;
    }
    return sum;
  }

 private:
  struct Slot {
    std::uint32_t minute = 0;
    std::uint32_t count = 0;
  };
  // Never 0, which is the minute of a slot that has not been used.
  static std::uint32_t minute_of(WallTime time) {
    return static_cast<std::uint32_t>(
               std::chrono::floor<std::chrono::minutes>(time.time_since_epoch()).count()) |
           1U << 31;
  }

  std::array<Slot, kMinutes> slots_{};
};

}  // namespace livefix::observe
