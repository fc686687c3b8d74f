// How a new generation of a service comes into traffic, and when it is taken back: the settings of
// `[service.NAME.rollout]`. The defaults are those without a file. Plain values, safe to copy;
// docs/rollouts.md tells how they are used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace livefix {

// What becomes of a rollout when a step is over and its requests were too few to judge by.
enum class LittleTraffic : std::uint8_t {
  go_on,
  wait,  // until they are enough, at most `patience`; then as `refuse`
  refuse,
};

// How a new generation takes the place of the old one.
enum class PlanChoice : std::uint8_t {
  automatic,  // handover, and hold where there is no room for two
  handover,   // side by side, or not at all
  hold,       // never two at once: requests wait while the old one stops and the new one starts
};

// Asked of a candidate before it gets any traffic: 2xx or 3xx within `timeout` of its start.
struct HealthCheck {
  std::string path;  // "/healthz"
  Milliseconds timeout{10'000};
};

struct RolloutPolicy {
  std::vector<std::uint32_t> steps{5, 50, 100};  // percent of the traffic; ascending, the last 100
  Milliseconds bake{10'000};                     // how long each step is watched, the last one too
  Milliseconds warm{600'000};     // how long the old generation is kept running afterwards
  double max_error_rate = 0.005;  // above the old generation's: 0.005 is half a percent of all
  double max_p99 = 0.5;           // above the old generation's, relative: 0.5 is half as long again
  LittleTraffic little_traffic = LittleTraffic::go_on;
  Milliseconds patience{600'000};  // of LittleTraffic::wait
  std::optional<HealthCheck> health;
  PlanChoice plan = PlanChoice::automatic;
  bool replay = true;       // what was recorded is sent to a candidate before it gets traffic
  Milliseconds preview{0};  // how long a person may look at a candidate before its first step
};

}  // namespace livefix
