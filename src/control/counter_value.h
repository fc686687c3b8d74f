// Reading one of the counters that the proxy writes (model/traffic_stats.h), at any time.
#pragma once

#include <atomic>

namespace livefix::control {

template <class Number>
Number value(const std::atomic<Number>& counter) {
  return counter.load(std::memory_order_relaxed);
}

}  // namespace livefix::control
