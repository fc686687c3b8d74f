#include "control/route_windows.h"

#include <algorithm>
#include <set>
#include <utility>

namespace livefix::control {
namespace {

// Counts of a route grow; one that became another's name stays as it is.
std::uint64_t more_than(std::uint64_t before, std::uint64_t now) {
  return now - std::min(now, before);
}

RouteTotals difference_of(const RouteTotals& now, const RouteTotals& before) {
  RouteTotals grown;
  for (const auto& [route, total] : now) {
    const auto found = before.find(route);
    rollout::Window& window = grown[route];
    window = total;
    if (found == before.end()) continue;
    const rollout::Window& then = found->second;
    window.requests = more_than(then.requests, total.requests);
    window.errors = more_than(then.errors, total.errors);
    for (std::size_t i = 0; i < window.latencies.size(); ++i) {
      window.latencies[i] = more_than(then.latencies[i], total.latencies[i]);
    }
  }
  return grown;
}

}  // namespace

RouteTotals totals_of(const std::vector<RouteCount>& counts, UnitId generation) {
  RouteTotals totals;
  for (const RouteCount& count : counts) {
    if (count.generation != generation) continue;
    totals[count.method + " " + count.route] = {count.requests(), count.errors(), count.latencies};
  }
  return totals;
}

void RouteWindows::read(TimePoint at, RouteTotals candidate, RouteTotals old) {
  readings_.push_back({at, std::move(candidate), std::move(old)});
}

void RouteWindows::old_gets_nothing(const RouteTotals& old) {
  if (last_of_old_ || (readings_.empty() && !begun_)) return;
  last_of_old_ = difference_of(old, readings_.empty() ? *begun_ : readings_.front().old);
}

std::vector<rollout::RouteWindow> RouteWindows::since(TimePoint since, const RouteTotals& candidate,
                                                      const RouteTotals& old) const {
  static const Reading kNothing{};
  const Reading* from = &kNothing;
  for (const Reading& reading : readings_) {
    if (reading.at <= since) from = &reading;
  }
  RouteTotals of_candidate = difference_of(candidate, from->candidate);
  RouteTotals of_old = last_of_old_ ? *last_of_old_ : difference_of(old, from->old);
  std::set<std::string> names;
  for (const auto& [route, window] : of_candidate) names.insert(route);
  for (const auto& [route, window] : of_old) names.insert(route);
  std::vector<rollout::RouteWindow> windows;
  for (const std::string& route : names) {
    windows.push_back({route, of_candidate[route], of_old[route]});
  }
  return windows;
}

}  // namespace livefix::control
