// A new generation that gets its share step by step.
#include <gtest/gtest.h>

#include "control/machine_world.h"
#include "control/routing.h"

namespace livefix::control {
namespace {

using namespace livefix::control::testing;

class SlowStart : public ::testing::Test {
 protected:
  void SetUp() override {
    world.policy.service.traffic.slow_start = 2s;
    world.serve_first();
    world.fire(ReloadAsked{});
    world.make_ready(kNew);
  }
  // The weight of each generation in the plan that stands.
  std::map<UnitId, std::uint32_t> weights() const {
    std::map<UnitId, std::uint32_t> found;
    for (const auto& route : plan_of(world.state, world.policy).generations) {
      found[route.generation] = route.weight;
    }
    return found;
  }
  using Weights = std::map<UnitId, std::uint32_t>;

  static constexpr UnitId kOld{1};
  static constexpr UnitId kNew{2};
  World world;
};

TEST_F(SlowStart, BeginsWithASmallShare) {
  EXPECT_EQ(weights(), (Weights{{kOld, 95}, {kNew, 5}}));
  EXPECT_TRUE(world.told<AttemptServes>()) << "it serves, if only a little";
}

TEST_F(SlowStart, GrowsByPlansUntilTheOldOneDrains) {
  std::uint32_t before = 5;
  int plans = 0;
  while (!is<Draining>(world.state.units.at(kOld))) {
    world.pass_to_deadline();
    ASSERT_TRUE(world.plan()) << "each deadline is a step";
    EXPECT_GT(weights()[kNew], before);
    EXPECT_EQ(weights()[kNew] + weights()[kOld], kFullWeight);
    before = weights()[kNew];
    ASSERT_LT(++plans, 21);
  }
  EXPECT_EQ(plans, 19);
  EXPECT_EQ(before, kFullWeight);
  EXPECT_EQ(world.now, TimePoint{1h} + 2s);
}

TEST_F(SlowStart, ACrashOfTheNewOneGivesEverythingBack) {
  world.pass(1s);
  world.fire(link::LeaderExited{kNew, exit_with(1)});
  EXPECT_EQ(weights(), (Weights{{kOld, kFullWeight}}));
  const auto* crashed = world.told<GenerationCrashed>();
  ASSERT_TRUE(crashed);
  EXPECT_TRUE(std::holds_alternative<ServesOn>(crashed->sequel));
  EXPECT_FALSE(next_deadline(world.state, world.policy)) << "it is not started again";
}

TEST_F(SlowStart, ACrashOfTheOldOneGivesTheNewOneEverything) {
  world.pass(1s);
  world.fire(link::LeaderExited{kOld, exit_with(1)});
  EXPECT_EQ(weights(), (Weights{{kNew, kFullWeight}}));
}

TEST_F(SlowStart, ANewerOneSharesWithTheOneBefore) {
  world.pass(500ms);
  world.fire(ReloadAsked{});
  world.make_ready(UnitId{3});
  EXPECT_EQ(weights(), (Weights{{kOld, 0}, {kNew, 95}, {UnitId{3}, 5}}));
}

TEST_F(SlowStart, GoesOnWhereControlWasKilled) {
  world.pass(1s);
  const auto shares = weights();
  ASSERT_EQ(shares, (Weights{{kOld, 50}, {kNew, 50}}));
  link::ServiceSnapshot service;
  service.plan = plan_of(world.state, world.policy);
  service.last_unit = kNew;
  for (const UnitId unit : {kOld, kNew}) {
    link::UnitSnapshot snapshot;
    snapshot.unit = unit;
    snapshot.label = unit_label(saved_release(number(unit)), false);
    snapshot.pid = 100;
    snapshot.phase = link::UnitPhase::running;
    snapshot.listening = {World::place(unit)};
    service.units.push_back(snapshot);
  }
  world.state = restore(service, {}, world.policy, world.now).state;
  EXPECT_EQ(weights(), shares);
  world.pass_to_deadline();
  EXPECT_EQ(weights(), (Weights{{kOld, 45}, {kNew, 55}}));
}

}  // namespace
}  // namespace livefix::control
