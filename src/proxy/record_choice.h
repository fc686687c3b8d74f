// Which exchanges of one service are recorded, as one worker sees it. A look at it is a comparison
// or two for an answer that goes well, and no look at the clock. The worker's.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "base/clock.h"
#include "model/traffic_spec.h"

namespace livefix::proxy {

class RecordChoice {
 public:
  // `mirror`: as in a routing plan.
  void apply(const RecordSpec& spec, double mirror) {
    const bool is_on = spec.memory > 0;
    failures_ = is_on && spec.failures;
    statuses_ = is_on && spec.failures ? &spec.statuses : nullptr;
    if (statuses_ && statuses_->empty()) statuses_ = nullptr;
    every_ = is_on ? every(spec.healthy) : 0;
    left_ = std::min(left_, every_);
    body_ = static_cast<std::size_t>(spec.body);
    mirror_every_ = is_on ? every(mirror) : 0;
    mirror_left_ = std::min(mirror_left_, mirror_every_);
  }

  bool failures() const { return failures_; }
  std::size_t body() const { return body_; }

  // The answer's status counts as a failure.
  bool is_failure(int status) const {
    if (status >= 500) return failures_;
    return statuses_ && std::ranges::find(*statuses_, status) != statuses_->end();
  }
  // To be asked once of each answer that is none: the first one, then every so manieth, but not
  // more than one a second. `now` is that of the batch.
  bool is_sample(int status, TimePoint now) {
    if (every_ == 0 || status >= 400) return false;
    if (left_ > 1) {
      --left_;
      return false;
    }
    if (now - last_ < kBetween) return false;
    left_ = every_;
    last_ = now;
    return true;
  }

  // Whether a candidate is asked the same: to be asked once of each answer that could be. Not more
  // than fifty a second, whatever the share is.
  bool is_mirrored(TimePoint now) {
    if (mirror_every_ == 0) return false;
    if (mirror_left_ > 1) {
      --mirror_left_;
      return false;
    }
    if (now - last_mirrored_ < kBetweenMirrored) return false;
    mirror_left_ = mirror_every_;
    last_mirrored_ = now;
    return true;
  }

 private:
  static constexpr Milliseconds kBetween{1'000};
  static constexpr Milliseconds kBetweenMirrored{20};

  static std::uint64_t every(double share) {
    return share > 0 ? static_cast<std::uint64_t>(std::max(std::round(1 / share), 1.0)) : 0;
  }

  bool failures_ = false;
  const std::vector<std::uint16_t>* statuses_ = nullptr;  // null: none
  std::uint64_t every_ = 0;                               // 0: none
  std::uint64_t left_ = 0;
  std::size_t body_ = 0;
  TimePoint last_{};
  std::uint64_t mirror_every_ = 0;  // 0: none
  std::uint64_t mirror_left_ = 0;
  TimePoint last_mirrored_{};
};

}  // namespace livefix::proxy
