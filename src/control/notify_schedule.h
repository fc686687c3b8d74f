// When a delivery that failed is tried again, and how many symptoms may be told of. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace livefix::control {

struct NotifySchedule {
  // After the first try, the second and so on; after as many again it is given up.
  std::vector<Milliseconds> pauses{Milliseconds{1'000}, Milliseconds{5'000}, Milliseconds{30'000},
                                   Milliseconds{120'000}, Milliseconds{600'000}};
  double jitter = 0.2;            // a pause is longer by up to this share
  Milliseconds longest{600'000};  // that a receiver may ask for

  // `tries` that failed, one or more; `at_least`: what the receiver asks for. `chance` is from 0 to
  // 1. nullopt: it is given up.
  std::optional<Milliseconds> pause_after(std::size_t tries, Milliseconds at_least,
                                          double chance) const;
};

// At most one notification an hour of each symptom, and ten a minute of all of them.
class SymptomRate {
 public:
  static constexpr std::chrono::hours kOfOne{1};
  static constexpr std::chrono::minutes kOfAll{1};
  static constexpr std::size_t kMostOfAll = 10;

  // Whether it may be told of now; then it counts as told.
  bool allows(const std::string& symptom, TimePoint now);

 private:
  std::map<std::string, TimePoint> told_;  // within the last hour, so at most 600
  std::deque<TimePoint> lately_;
};

}  // namespace livefix::control
