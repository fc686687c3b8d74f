// What may be sent again of what was recorded of a service, and what a rollout makes of it. Plain
// values, safe to copy; docs/replay.md tells users of it.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace livefix {

struct ReplaySpec {
  std::vector<std::string> methods;    // that may be sent again beside GET, HEAD and OPTIONS
  bool failures_must_pass = false;     // a rollout is refused when one of them fails again
  bool healthy_must_be_alike = false;  // the same when an answer that was good is another one
  Milliseconds time{10'000};           // for all that a rollout sends
};

}  // namespace livefix
