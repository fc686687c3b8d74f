// Reads the counters that the proxy writes (model/traffic_stats.h). Owned by the driver.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "base/ids.h"
#include "model/traffic_stats.h"
#include "os/fd.h"
#include "os/shared_memory.h"

namespace livefix::control {

class Traffic {
 public:
  struct Counts {
    std::uint64_t in_flight = 0;  // with tunnels
    std::uint64_t tunnels = 0;
    std::uint64_t requests = 0;
    std::uint64_t answered = 0;
    std::uint64_t failed = 0;
    std::uint64_t timeouts = 0;
    std::uint64_t lost = 0;
    std::uint64_t retried = 0;
    std::uint64_t abandoned = 0;
    latency::Counts latencies{};
    std::uint64_t requests_in_flight() const { return without_tunnels(in_flight, tunnels); }
    // Requests that have had their end with the generation. A client that left is none of them.
    std::uint64_t ended() const { return answered + timeouts + lost + abandoned; }
    // Those of them whose end speaks against the program. Never more: an answer is counted before
    // it is counted as failed, and a reading may come between the two.
    std::uint64_t errors() const { return std::min(failed + timeouts + lost + abandoned, ended()); }
    // What has come since an earlier reading of the same generation, the gauges as they are now.
    // Over the death of a proxy that is no judgement of the program: what was in flight is lost.
    Counts since(const Counts& earlier) const;
  };
  struct Totals {
    std::uint64_t held = 0;
    std::uint64_t connections = 0;  // of clients, which are no service's
    std::uint64_t shed = 0;
    std::uint64_t refused = 0;
    std::uint64_t in_flight = 0;  // with tunnels
    std::uint64_t tunnels = 0;
    std::uint64_t lost = 0;  // since it was started
    std::uint64_t requests_in_flight() const { return without_tunnels(in_flight, tunnels); }
  };

  // Without memory that can be mapped every count is 0.
  explicit Traffic(const os::Fd& memory, std::size_t workers = kMaxWorkers);

  Counts of(UnitId generation) const;
  Totals totals() const;  // of everything
  Totals of_service(std::size_t service_index) const;

  Totals of_nobody() const;  // of requests of which no service is known
  std::span<const WorkerCounters> workers() const;

 private:
  static void add(Totals& sum, const WorkerCounters& worker, std::size_t service_index);

  std::optional<os::Mapping> mapping_;
  const std::size_t workers_;
};

}  // namespace livefix::control
