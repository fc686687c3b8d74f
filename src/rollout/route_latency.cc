#include "rollout/route_latency.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace livefix::rollout {
namespace {

bool has_both(const RouteWindow& route) {
  return latency::total(route.candidate.latencies) > 0 && latency::total(route.old.latencies) > 0;
}

bool has_enough(const RouteWindow& route) {
  return latency::total(route.candidate.latencies) >= kEnoughOfRoute &&
         latency::total(route.old.latencies) >= kEnoughForP99;
}

// All routes, each by what is slow for it. `most_slow`: requests that may be.
struct Together {
  Share slow;
  double most_slow = 0.0;
};

void add(Together& all, const LatencyJudgement& one, const Window& old, double tail) {
  all.slow.part += one.slow.part;
  all.slow.of += one.slow.of;
  all.most_slow += std::min(1.0, most_allowed(one, old, tail)) * static_cast<double>(one.slow.of);
}

// Sums of unlike shares are spread less than those of like ones (Hoeffding 1956), so that the bound
// of one share holds for them.
bool is_slower(const Together& all, double tail) {
  const double allowed = all.most_slow / static_cast<double>(all.slow.of);
  return all.slow.value() > allowed && exact(all.slow, tail).lower > allowed;
}

}  // namespace

LatencyJudgement judge_by_route(const Window& candidate, const Window& old,
                                std::span<const RouteWindow> routes, double max_p99) {
  LatencyJudgement whole = judge_latency(candidate, old, max_p99);
  if (routes.empty()) return whole;
  const auto compared = std::ranges::count_if(routes, has_enough);
  const double tail = kTwiceTail / static_cast<double>(compared + 1);
  std::optional<LatencyJudgement> worst;
  Together all;
  for (const RouteWindow& route : routes) {
    if (!has_both(route)) continue;
    LatencyJudgement one = judge_latency(route.candidate, route.old, max_p99, tail);
    const bool is_beyond = one.slow_from.count() > static_cast<std::int64_t>(latency::kTooLong);
    if (!is_beyond) add(all, one, route.old, tail);
    if (one.outcome != Outcome::fail || !has_enough(route)) continue;
    one.route = route.route;
    if (!worst || one.slow.value() > worst->slow.value()) worst = std::move(one);
  }
  if (worst) return *worst;
  if (all.slow.of > 0 && is_slower(all, tail)) {
    whole.outcome = Outcome::fail;
    whole.slow = all.slow;
    whole.slow_from = {};
    return whole;
  }
  const bool is_fast = all.slow.of > 0 && whole.old_requests >= kEnoughForP99 &&
                       wilson(all.slow, kOrdinaryZ).upper < whole.allowed;
  if (whole.outcome != Outcome::pass) whole.outcome = is_fast ? Outcome::pass : Outcome::undecided;
  return whole;
}

Judgement judge(const Window& candidate, const Window& old, std::span<const RouteWindow> routes,
                const RolloutPolicy& policy) {
  return {judge_errors(candidate, old, policy.max_error_rate),
          judge_by_route(candidate, old, routes, policy.max_p99)};
}

}  // namespace livefix::rollout
