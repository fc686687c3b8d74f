// How often a peer may do something that costs us more than it: a bucket that fills with time. A
// value; one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace livefix::proxy {

class Allowance {
 public:
  struct Rate {
    std::uint32_t at_once;
    std::uint32_t a_second;
  };

  Allowance(Rate rate, TimePoint now) : rate_(rate), left_(rate.at_once), counted_(now) {}

  // False when it has been done too often.
  bool take(TimePoint now) {
    const auto passed = std::chrono::duration_cast<std::chrono::seconds>(now - counted_);
    if (passed.count() > 0) {
      const auto more = static_cast<std::uint64_t>(passed.count()) * rate_.a_second;
      left_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(rate_.at_once, left_ + more));
      counted_ += passed;
    }
    if (left_ == 0) return false;
    --left_;
    return true;
  }
  // As at the beginning.
  void refill() { left_ = rate_.at_once; }

 private:
  Rate rate_;
  std::uint32_t left_;
  TimePoint counted_;
};

}  // namespace livefix::proxy
