// What two generations of a service did side by side, out of counters that only grow: readings are
// kept, and a window is the difference of two. Pure.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "control/traffic.h"
#include "rollout/gates.h"

namespace livefix::control {

struct WindowPair {
  rollout::Window candidate;
  rollout::Window old;
};

class GenerationWindows {
 public:
  // `old` of a first release is all zero. Of two readings of one moment the later one counts.
  void read(TimePoint at, const Traffic::Counts& candidate, const Traffic::Counts& old);
  // The rollout begins, and nothing of the candidate is there yet.
  void begin(const Traffic::Counts& old) { begun_ = old; }
  // The old one gets nothing from now on: its last window is that from the first reading to here,
  // where it has counted `old`. Where it shared no step with the candidate, that from the begin.
  void old_gets_nothing(const Traffic::Counts& old);

  // From the last reading that is not later than `since` until now.
  WindowPair since(TimePoint since, const Traffic::Counts& candidate,
                   const Traffic::Counts& old) const;

 private:
  struct Reading {
    TimePoint at;
    Traffic::Counts candidate;
    Traffic::Counts old;
  };

  std::optional<Traffic::Counts> begun_;
  std::vector<Reading> readings_;  // oldest first
  std::optional<rollout::Window> last_of_old_;
};

}  // namespace livefix::control
