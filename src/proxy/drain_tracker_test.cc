#include "proxy/drain_tracker.h"

#include <gtest/gtest.h>

namespace livefix::proxy {
namespace {

RoutingPlan plan(std::uint64_t version, std::uint32_t weight) {
  return {PlanVersion{version}, {{UnitId{7}, weight, {}}}, {}};
}

TEST(DrainTracker, TellsAPlanWhenAllWorkersHaveIt) {
  DrainTracker tracker("shop", 2);
  tracker.publish(plan(1, 100));
  EXPECT_TRUE(tracker.on_applied(0, PlanVersion{1}).empty());
  const auto told = tracker.on_applied(1, PlanVersion{1});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(std::get<link::PlanApplied>(told[0]).version, PlanVersion{1});
}

TEST(DrainTracker, TellsADrainedGenerationOnceAndNotBeforeThePlan) {
  DrainTracker tracker("shop", 2);
  tracker.publish(plan(1, 0));
  EXPECT_TRUE(tracker.on_applied(0, PlanVersion{1}).empty());
  EXPECT_TRUE(tracker.on_quiet(0, UnitId{7}, PlanVersion{1}).empty());
  EXPECT_EQ(tracker.on_applied(1, PlanVersion{1}).size(), 1U);
  const auto told = tracker.on_quiet(1, UnitId{7}, PlanVersion{1});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(std::get<link::GenerationDrained>(told[0]).version, PlanVersion{1});
  EXPECT_TRUE(tracker.on_quiet(1, UnitId{7}, PlanVersion{1}).empty());
}

TEST(DrainTracker, PassesOverReportsAboutEarlierPlans) {
  DrainTracker tracker("shop", 1);
  tracker.publish(plan(1, 0));
  tracker.on_applied(0, PlanVersion{1});
  tracker.publish(plan(2, 0));
  EXPECT_TRUE(tracker.on_quiet(0, UnitId{7}, PlanVersion{1}).empty());
  tracker.on_applied(0, PlanVersion{2});
  EXPECT_EQ(tracker.on_quiet(0, UnitId{7}, PlanVersion{2}).size(), 1U);
}

}  // namespace
}  // namespace livefix::proxy
