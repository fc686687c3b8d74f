#include "control/plan_memory.h"

#include <gtest/gtest.h>

#include "control/routing.h"

namespace livefix::control {
namespace {

link::UnitSnapshot unit(std::uint32_t id, std::string label) {
  link::UnitSnapshot snapshot;
  snapshot.unit = UnitId{id};
  snapshot.directory = "/state/releases/" + label.substr(label.rfind(' ') + 1);
  snapshot.label = std::move(label);
  snapshot.pid = 100 + static_cast<std::int32_t>(id);
  return snapshot;
}

GenerationRoute route(std::uint32_t id, std::uint32_t weight) {
  GenerationRoute route;
  route.generation = UnitId{id};
  route.weight = weight;
  return route;
}

TEST(PlanMemory, KeepsWhatHasTheTraffic) {
  link::ServiceSnapshot service;
  service.units = {unit(1, "aaaaaaa"), unit(2, "build bbbbbbb"), unit(3, "bbbbbbb")};
  service.plan.generations = {route(1, 0), route(3, kFullWeight)};
  const Remembered remembered = remember_by_plan(service);
  EXPECT_EQ(remembered.kept.name, "bbbbbbb");
  EXPECT_EQ(remembered.kept.directory, "/state/releases/bbbbbbb");
  EXPECT_EQ(remembered.commits.size(), 2U);
}

TEST(PlanMemory, OfTwoWithTrafficTheOlderOneIsKept) {
  link::ServiceSnapshot service;
  service.units = {unit(1, "aaaaaaa"), unit(3, "bbbbbbb")};
  service.plan.generations = {route(1, kFullWeight / 2), route(3, kFullWeight / 2)};
  EXPECT_EQ(remember_by_plan(service).kept.name, "aaaaaaa");
}

TEST(PlanMemory, ThePlanStaysAsItIs) {
  link::ServiceSnapshot service;
  service.units = {unit(1, "aaaaaaa")};
  service.last_unit = UnitId{1};
  service.plan.version = PlanVersion{4};
  service.plan.generations = {route(1, kFullWeight)};
  Policy policy;
  policy.runs_commits = true;
  const auto transition = restore(service, remember_by_plan(service), policy, TimePoint{});
  const Generation* found = serving(transition.state);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, UnitId{1});
  for (const Action& action : transition.actions) {
    EXPECT_FALSE(std::holds_alternative<link::StopUnit>(action));
    EXPECT_FALSE(std::holds_alternative<link::StartUnit>(action));
  }
}

TEST(PlanMemory, OfNothingNothingIsKept) {
  EXPECT_FALSE(remember_by_plan({}).kept);
}

}  // namespace
}  // namespace livefix::control
