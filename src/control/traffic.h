// Reads the counters that the proxy writes (model/traffic_stats.h). Owned by the driver.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "model/traffic_stats.h"
#include "os/fd.h"
#include "os/shared_memory.h"

namespace livefix::control {

class Traffic {
 public:
  struct Counts {
    std::uint64_t in_flight = 0;
    std::uint64_t requests = 0;
    std::uint64_t answered = 0;
    std::uint64_t failed = 0;
    std::uint64_t lost = 0;
    std::uint64_t retried = 0;
  };
  struct Totals {
    std::uint64_t held = 0;
    std::uint64_t connections = 0;
    std::uint64_t shed = 0;
    std::uint64_t refused = 0;
    std::uint64_t in_flight = 0;
  };

  // Without memory that can be mapped every count is 0.
  explicit Traffic(const os::Fd& memory);

  Counts of(UnitId generation) const;
  Totals totals() const;
  // Of all generations since this control began. A slot is used again by a later generation, so
  // call it now and then: what happened between two calls in a slot that changed hands is lost.
  std::uint64_t lost();

 private:
  struct Seen {
    std::uint32_t generation = 0;
    std::uint64_t lost = 0;
  };
  const TrafficStats* stats() const;

  std::optional<os::Mapping> mapping_;
  std::array<std::array<Seen, kGenerationSlots>, kMaxWorkers> seen_{};
  std::uint64_t lost_ = 0;
  bool sampled_ = false;
};

}  // namespace livefix::control
