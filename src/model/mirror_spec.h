// What of the live requests of a service is also sent to a candidate that has no traffic yet. Plain
// values, safe to copy; docs/mirroring.md tells users of it.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace livefix {

struct MirrorSpec {
  static constexpr std::uint32_t kMostRequests = 1'000;

  double share = 0;              // of the safe requests; 0: none
  Milliseconds time{30'000};     // for so long, unless there have been so many before
  std::uint32_t requests = 200;  // at most
  bool must_be_alike = false;    // a rollout is refused when an answer is another one
};

}  // namespace livefix
