// Reading one of the counters that the proxy writes (model/traffic_stats.h), at any time. What is
// read after it is at least as new, so that a row that became another's meanwhile is noticed.
#pragma once

#include <atomic>

namespace livefix::control {

template <class Number>
Number value(const std::atomic<Number>& counter) {
  return counter.load(std::memory_order_acquire);
}

}  // namespace livefix::control
