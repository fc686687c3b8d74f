// Reads what the proxy's workers have counted of each route (model/route_stats.h), and sums it over
// them. Owned by the metrics, used on the driver's thread.
//
// The proxy parses what strangers send and may be somebody else's: nothing that is read here is
// believed but the numbers.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "base/ids.h"
#include "control/traffic.h"
#include "model/latency_histogram.h"

namespace livefix::control {

// Of one generation, route and method.
struct RouteCount {
  UnitId generation{};
  std::string route;                              // printable ASCII
  std::string method;                             // "GET", "any" of what has no row of its own
  std::map<std::string, std::uint64_t> statuses;  // "200"; "2xx" of those that were too many
  std::map<int, std::uint64_t> grpc_failures;     // of those with 200, by their code
  std::uint64_t request_bytes = 0;
  std::uint64_t answer_bytes = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t lost = 0;
  std::uint64_t microseconds = 0;
  latency::Counts latencies{};

  std::uint64_t requests() const;
  std::uint64_t errors() const;  // 5xx, with livefix's own, and calls of gRPC that failed
  void add(const RouteCount& more);
};

class RouteTraffic {
 public:
  // Of all generations. Workers may have learned different ones; what comes later is counted
  // with the other routes of its generation.
  static constexpr std::size_t kMostRoutes = 1024;

  // `traffic` must outlive this.
  explicit RouteTraffic(const Traffic& traffic) : traffic_(traffic) {}

  // Sorted by generation, route and method. What was a route once is one as long as its generation
  // is asked for, so that counts do not jump from one to another.
  std::vector<RouteCount> of(std::span<const UnitId> generations);

 private:
  using Key = std::tuple<UnitId, std::string, std::string>;

  void read(const WorkerCounters& worker, std::span<const UnitId> generations,
            std::map<Key, RouteCount>& into);
  bool admit(const Key& key);

  const Traffic& traffic_;
  std::set<Key> admitted_;
};

}  // namespace livefix::control
