// What happened to releases, as marks on the time line of requests: of the book, so that a control
// that was killed takes none along. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "control/release_book.h"

namespace livefix::control {

struct TimelineMark {
  WallTime at;
  std::string_view kind;      // "push", "promoted", "taken_back", "refused", "rollback", "crash"
  std::string text;           // "7f3c2d1 live"
  std::uint32_t rollout = 0;  // 0: of none

  bool operator==(const TimelineMark&) const = default;
};

// The newest 50 of those after `since`, oldest first.
std::vector<TimelineMark> marks_of(const ReleaseBook& book, WallTime since);

}  // namespace livefix::control
