// What two generations of a service did side by side, route by route; as generation_windows.h, of
// the same moments. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "control/route_traffic.h"
#include "rollout/route_latency.h"

namespace livefix::control {

// Of one generation since it began, by "GET /cart/:id".
using RouteTotals = std::map<std::string, rollout::Window>;

RouteTotals totals_of(const std::vector<RouteCount>& counts, UnitId generation);

class RouteWindows {
 public:
  // Of two readings of one moment the later one counts.
  void read(TimePoint at, RouteTotals candidate, RouteTotals old);
  // The rollout begins, and nothing of the candidate is there yet.
  void begin(RouteTotals old) { begun_ = std::move(old); }
  // As GenerationWindows::old_gets_nothing().
  void old_gets_nothing(const RouteTotals& old);

  // From the last reading that is not later than `since` until now.
  std::vector<rollout::RouteWindow> since(TimePoint since, const RouteTotals& candidate,
                                          const RouteTotals& old) const;

 private:
  struct Reading {
    TimePoint at;
    RouteTotals candidate;
    RouteTotals old;
  };

  std::optional<RouteTotals> begun_;
  std::vector<Reading> readings_;  // oldest first
  std::optional<RouteTotals> last_of_old_;
};

}  // namespace livefix::control
