// Is the candidate slower than the old generation, route by route? Judged together they are two
// different programs as soon as the mix of requests is another one: a slow route that is new, or
// asked more often, looks like a program that became slow, and one slow route of ten hides among
// the others. Pure; docs/rollouts.md has the formulae.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "rollout/gates.h"

namespace livefix::rollout {

// What both generations did with one route, in the time of the windows of all. What is counted
// without its route is one as well.
struct RouteWindow {
  std::string route;  // "GET /cart/:id"
  Window candidate{};
  Window old{};
};

// Of fewer requests of the candidate nothing is found, and the others would pay for the look.
inline constexpr std::uint64_t kEnoughOfRoute = 20;

// Each route that both have had often enough is judged by its own p99 (100 requests of the old one,
// kEnoughOfRoute of the candidate), and all of them together, seldom ones too, by the sum of what
// is slow for its route. These tests share kTwiceTail. A route that the old one has not had has
// nothing to be compared with. `candidate` and `old` are the whole windows: by these it is judged
// where there are no `routes`.
//
// fail: one of the tests does; `route` says which. pass: the upper bound (Wilson's at kOrdinaryZ)
// of what is slow for its route is below 1 %, or the whole passes.
LatencyJudgement judge_by_route(const Window& candidate, const Window& old,
                                std::span<const RouteWindow> routes, double max_p99);

Judgement judge(const Window& candidate, const Window& old, std::span<const RouteWindow> routes,
                const RolloutPolicy& policy);

}  // namespace livefix::rollout
