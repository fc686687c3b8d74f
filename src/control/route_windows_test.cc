#include "control/route_windows.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kRolloutBegan{1h};

rollout::Window answered(std::uint64_t requests) {
  rollout::Window window{requests, 0, {}};
  window.latencies[latency::bucket_of(20'000)] = requests;
  return window;
}

std::uint64_t timed(const rollout::Window& window) {
  return latency::total(window.latencies);
}

TEST(RouteWindows, AWindowIsWhatCameOfARouteSinceItsReading) {
  RouteWindows windows;
  windows.read(kRolloutBegan, {{"GET /", answered(10)}}, {{"GET /", answered(1'000)}});
  const auto found =
      windows.since(kRolloutBegan, {{"GET /", answered(60)}, {"GET /new", answered(5)}},
                    {{"GET /", answered(1'900)}, {"GET /old", answered(3)}});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].route, "GET /");
  EXPECT_EQ(found[0].candidate, answered(50));
  EXPECT_EQ(found[0].old, answered(900));
  EXPECT_EQ(found[1].route, "GET /new");
  EXPECT_EQ(timed(found[1].candidate), 5U);
  EXPECT_EQ(timed(found[1].old), 0U);
  EXPECT_EQ(found[2].route, "GET /old");
  EXPECT_EQ(timed(found[2].candidate), 0U);
}

TEST(RouteWindows, WhatTheOldOneDidLastStaysWhenItGetsNothing) {
  RouteWindows windows;
  windows.read(kRolloutBegan, {}, {{"GET /", answered(1'000)}});
  windows.old_gets_nothing({{"GET /", answered(1'500)}});
  windows.read(kRolloutBegan + 10s, {{"GET /", answered(300)}}, {{"GET /", answered(1'500)}});
  const auto last =
      windows.since(kRolloutBegan + 10s, {{"GET /", answered(900)}}, {{"GET /", answered(1'501)}});
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0].candidate.requests, 600U);
  EXPECT_EQ(last[0].old.requests, 500U);
}

TEST(RouteWindows, WhereItSharedNothingTheOldOneIsTakenFromTheBegin) {
  RouteWindows windows;
  windows.begin({{"GET /", answered(1'000)}});
  windows.old_gets_nothing({{"GET /", answered(1'200)}});
  const auto found = windows.since(kRolloutBegan, {{"GET /", answered(40)}}, {});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].old.requests, 200U);
}

TEST(RouteWindows, TotalsAreOfOneGenerationByMethodAndRoute) {
  RouteCount read;
  read.generation = UnitId{3};
  read.route = "/cart/:id";
  read.method = "GET";
  read.statuses = {{"200", 8}, {"503", 2}};
  RouteCount other = read;
  other.generation = UnitId{4};
  const RouteTotals totals = totals_of({read, other}, UnitId{3});
  ASSERT_EQ(totals.size(), 1U);
  EXPECT_EQ(totals.at("GET /cart/:id").requests, 10U);
  EXPECT_EQ(totals.at("GET /cart/:id").errors, 2U);
}

}  // namespace
}  // namespace livefix::control
