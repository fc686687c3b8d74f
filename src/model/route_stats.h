// What requests came to, by their route: a table for each worker of the proxy, in the memory of the
// counters (model/traffic_stats.h).
//
// A row has one writer, its worker, relaxed. It is claimed by its key: what is in it changes while
// the key is 0, or is another's, so that whoever reads the same key before and after has read one
// row. Rows are found by open addressing: from where a key belongs, kRouteProbes at most. A row
// that was taken is never free again, only another's, so that looking may end at a free one.
//
// Keys lie apart, so that neither looking for one nor reading all of them brings the pages of rows
// to life that nobody has needed.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "model/latency_histogram.h"

namespace livefix {

inline constexpr std::size_t kRouteRows = 1024;
inline constexpr std::size_t kRouteProbes = 16;
inline constexpr std::size_t kRouteStatuses = 8;
inline constexpr std::size_t kRouteTextBytes = 104;
// Of what has no row of its own, of any method.
inline constexpr std::string_view kUnknownRoute = "(unknown)";  // 404, 405, 400: a scanner's
inline constexpr std::string_view kOtherRoute = "(other)";      // there are too many routes

struct RouteCounts {
  // Each status that came gets a place, as long as there is one; the others are counted by their
  // first digit. One place is written before its count. Calls of gRPC that failed have one of
  // model/grpc_status.h, and are counted as 5xx where there is no place.
  std::array<std::atomic<std::uint16_t>, kRouteStatuses> statuses;  // 0: free
  std::array<std::atomic<std::uint64_t>, kRouteStatuses> by_status;
  std::array<std::atomic<std::uint64_t>, 6> by_class;
  std::atomic<std::uint64_t> request_bytes{0};  // of bodies, as they were sent
  std::atomic<std::uint64_t> answer_bytes{0};
  std::atomic<std::uint64_t> timeouts{0};  // of these, answered 504 by livefix
  std::atomic<std::uint64_t> lost{0};      // answered 502 by livefix, or broken off: 502 as well
  // As LatencyCounters of model/traffic_stats.h, and their sum.
  std::atomic<std::uint64_t> microseconds{0};
  std::array<std::atomic<std::uint64_t>, latency::kBuckets> latencies;
};

struct RouteRow {
  std::atomic<std::uint32_t> generation{0};
  std::atomic<std::uint16_t> service{0};  // its index
  std::atomic<std::uint8_t> listed{0};    // 1: the service has written it down
  std::atomic<std::uint8_t> text_size{0};
  std::array<std::atomic<char>, 8> method;  // "GET", with zeros behind it
  std::array<std::atomic<char>, kRouteTextBytes> text;
  RouteCounts counts;
};

// Of the generation in the slot of the same place.
struct RouteLeftovers {
  RouteCounts unknown;
  RouteCounts other;
};

template <std::size_t kGenerations>
struct RouteTable {
  std::array<std::atomic<std::uint64_t>, kRouteRows> keys;  // 0: free
  std::array<RouteRow, kRouteRows> rows;
  std::array<RouteLeftovers, kGenerations> leftovers;
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace livefix
