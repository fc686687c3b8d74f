// Counts what requests came to, by route, in the worker's part of the shared counters
// (model/route_stats.h). The worker's: no locks; nothing is allocated but when a route is new.
//
// A route has a row from the first answer on that speaks for it. 404, 405, 400 and UNIMPLEMENTED of
// gRPC do not: so a scanner that asks for everything fills no table. What has no row is counted
// with what else its generation has of that kind.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "http/head.h"
#include "http/route_list.h"
#include "http/route_pattern.h"
#include "model/traffic_stats.h"
#include "proxy/route_crowd.h"

namespace livefix::proxy {

// Of one request, from its head to its end.
struct RouteNote {
  http::RoutePattern route;
  bool listed = false;  // by the service
  bool counted = false;
  int status = 0;             // that it was counted with
  Clock::duration latency{};  // until the head of the answer; as the generation's
  bool answered = false;      // there was such a head
  std::uint64_t answer_bytes = 0;

  void begin() {
    counted = answered = false;
    answer_bytes = 0;
  }
  void note_head(Clock::duration time) {
    latency = time;
    answered = true;
  }
};

enum class RouteEnd : std::uint8_t { answered, timed_out, lost };

struct RoutedRequest {
  UnitId generation{};
  std::size_t service = 0;
  http::Method method = http::Method::other;
  int status = 0;  // as the client has seen it, or should have: 502 where it was lost
  RouteEnd end = RouteEnd::answered;
  std::uint64_t bytes = 0;
};

class RouteCounter {
 public:
  // Goes on with the rows that a proxy before this one has left. `worker` must outlive this.
  explicit RouteCounter(WorkerCounters& worker);

  void find_route(std::size_t service, const http::RouteList& listed, std::string_view target,
                  RouteNote& note) const;
  void count(const RoutedRequest& request, const RouteNote& note);

  // Rows of other generations of the service may be used again.
  void set_living(std::size_t service, std::vector<UnitId> generations);

 private:
  RouteCounts& counts_of(const RoutedRequest& request, const RouteNote& note);
  RouteRow* find(std::uint64_t key);
  // One that the key may have; kRouteRows: none.
  std::size_t find_spare(std::uint64_t key) const;
  RouteCounts* leftover(UnitId generation, RouteCounts RouteLeftovers::* kind);
  bool is_spare(const RouteRow& row) const;
  RouteCounts& claim(std::size_t place, std::uint64_t key, const RoutedRequest& request,
                     const RouteNote& note);

  WorkerCounters& worker_;
  RouteTable<kGenerationSlots>& table_;
  RouteCrowd crowd_;
  std::map<std::size_t, std::vector<UnitId>> living_;  // by service, of those that have a plan
  RouteCounts nobodys_;  // of a generation whose slot is another's by now
};

}  // namespace livefix::proxy
