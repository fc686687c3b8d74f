// Releases that are commits: a candidate takes its share step by step, is kept or taken back, and
// the old generation stays ready.
#include <gtest/gtest.h>

#include "control/machine_world.h"
#include "control/routing.h"

namespace livefix::control {
namespace {

using namespace livefix::control::testing;

const Release kOldRelease{1, "a1b2c3d", "/var/lib/livefix/releases/a1b2c3d"};
const Release kNewRelease{2, "7f3c2d1", "/var/lib/livefix/releases/7f3c2d1"};

struct Production : World {
  Production() {
    policy.runs_commits = true;
    policy.warm = 10min;
    policy.service.watch.enabled = false;
  }

  void serve_old() {
    fire(FirstStart{kOldRelease});
    make_ready(UnitId{1});
  }
  // The candidate is ready, and has no traffic yet.
  void prove_new() {
    serve_old();
    fire(ReleaseAsked{{kNewRelease, true}});
    make_ready(UnitId{2});
    ASSERT_TRUE(busy_with<Proving>());
  }
  void keep_new() {
    prove_new();
    fire(ShareAsked{100});
    apply();
    fire(KeepAsked{});
    apply();
  }
  void drain(UnitId unit) { fire(link::GenerationDrained{unit, state.plan}); }
  std::uint32_t weight(UnitId unit) const {
    for (const GenerationRoute& route : plan_of(state, policy).generations) {
      if (route.generation == unit) return route.weight;
    }
    return 0;
  }
  const Phase& phase(UnitId unit) const { return state.units.at(unit).phase; }
};

template <class P>
bool holds(const Phase& phase) {
  return std::holds_alternative<P>(phase);
}

TEST(Proving, WithoutACommitNothingIsStarted) {
  Production world;
  world.fire(FirstStart{});
  EXPECT_TRUE(world.actions.empty());
  EXPECT_TRUE(world.busy_with<Idle>());
}

TEST(Proving, ACommitRunsInItsOwnDirectory) {
  Production world;
  world.fire(FirstStart{kOldRelease});
  const auto* start = world.did<link::StartUnit>();
  ASSERT_TRUE(start);
  EXPECT_EQ(start->directory, kOldRelease.directory);
  EXPECT_EQ(start->label, kOldRelease.name);
}

TEST(Proving, AReadyCandidateGetsNothingUntilItIsGivenAShare) {
  Production world;
  world.serve_old();
  world.fire(ReleaseAsked{{kNewRelease, true}});
  world.listen(UnitId{2});
  world.accept(UnitId{2});
  const auto* ready = world.told<CandidateReady>();
  ASSERT_TRUE(ready);
  EXPECT_EQ(ready->unit, UnitId{2});
  EXPECT_EQ(world.weight(UnitId{1}), 100U);
  EXPECT_EQ(world.weight(UnitId{2}), 0U);
}

TEST(Proving, ACandidateCanBeShownWithAPassUntilItIsKeptOrTakenBack) {
  Production world;
  world.policy.preview_key = "key";
  world.prove_new();
  const auto candidates = [&world] {
    std::vector<std::string> names;
    for (const GenerationRoute& route : plan_of(world.state, world.policy).generations) {
      if (route.is_candidate) names.push_back(route.label);
    }
    return names;
  };
  EXPECT_EQ(plan_of(world.state, world.policy).preview_key, "key");
  EXPECT_EQ(candidates(), std::vector<std::string>{"7f3c2d1"});
  world.fire(ShareAsked{50});
  EXPECT_EQ(candidates(), std::vector<std::string>{"7f3c2d1"});
  world.fire(TakeBackAsked{"errors"});
  EXPECT_EQ(candidates(), std::vector<std::string>{});
}

TEST(Proving, IsMirroredToWhileItHasNoTraffic) {
  Production world;
  world.policy.service.traffic.mirror.share = 0.05;
  world.serve_old();
  EXPECT_EQ(plan_of(world.state, world.policy).mirror, 0);
  world.fire(ReleaseAsked{{kNewRelease, true}});
  world.make_ready(UnitId{2});
  EXPECT_EQ(plan_of(world.state, world.policy).mirror, 0.05);
  world.fire(ShareAsked{5});
  EXPECT_EQ(plan_of(world.state, world.policy).mirror, 0) << "it has traffic of its own";
}

TEST(Proving, ASharesTrafficIsToldWhenTheProxyGoesByIt) {
  Production world;
  world.prove_new();
  world.fire(ShareAsked{5});
  EXPECT_EQ(world.weight(UnitId{1}), 95U);
  EXPECT_EQ(world.weight(UnitId{2}), 5U);
  world.fire(link::PlanApplied{PlanVersion{number(world.state.plan) - 1}});
  EXPECT_FALSE(world.told<ShareApplied>());
  world.apply();
  ASSERT_TRUE(world.told<ShareApplied>());
  EXPECT_EQ(world.told<ShareApplied>()->percent, 5U);
}

TEST(Proving, WhatIsKeptServesAndTheOldOneStaysWarm) {
  Production world;
  world.keep_new();
  EXPECT_TRUE(world.told<AttemptServes>());
  EXPECT_TRUE(world.busy_with<Idle>());
  EXPECT_TRUE(holds<Draining>(world.phase(UnitId{1})));
  world.drain(UnitId{1});
  EXPECT_TRUE(world.told<Drained>()->stays_warm);
  EXPECT_FALSE(world.stopped(UnitId{1}));
  ASSERT_EQ(world.plan()->generations.size(), 2U);
  EXPECT_EQ(world.plan()->generations[0].weight, 0U);
  EXPECT_FALSE(world.plan()->generations[0].ends) << "it can be looked at";
  world.pass_to_deadline();
  EXPECT_EQ(world.plan()->generations.size(), 1U);
  EXPECT_TRUE(world.stopped(UnitId{1}));
}

TEST(Proving, ADrainThatIsCutLeavesTheOldOneWarmToo) {
  Production world;
  world.keep_new();
  world.pass_to_deadline();
  EXPECT_TRUE(world.told<DrainCut>());
  EXPECT_TRUE(holds<Warm>(world.phase(UnitId{1})));
  EXPECT_FALSE(world.stopped(UnitId{1}));
}

TEST(Proving, AWarmGenerationServesAgainWithoutAStart) {
  Production world;
  world.keep_new();
  world.drain(UnitId{1});
  world.fire(ReleaseAsked{{kOldRelease}});
  EXPECT_FALSE(world.did<link::StartUnit>());
  EXPECT_EQ(world.weight(UnitId{1}), 100U);
  EXPECT_EQ(world.weight(UnitId{2}), 0U);
  world.apply();
  EXPECT_TRUE(world.told<AttemptServes>());
}

TEST(Proving, AGenerationThatStillDrainsServesAgain) {
  Production world;
  world.keep_new();
  world.fire(ReleaseAsked{{kOldRelease}});
  EXPECT_FALSE(world.did<link::StartUnit>());
  EXPECT_EQ(world.weight(UnitId{1}), 100U);
}

TEST(Proving, AWarmGenerationThatEndedIsStartedAnew) {
  Production world;
  world.keep_new();
  world.drain(UnitId{1});
  world.fire(link::LeaderExited{UnitId{1}, exit_with(1)});
  world.fire(ReleaseAsked{{kOldRelease}});
  ASSERT_TRUE(world.did<link::StartUnit>());
  EXPECT_EQ(world.did<link::StartUnit>()->directory, kOldRelease.directory);
}

TEST(Proving, OneThatIsTakenBackAnswersWhatItHasAndGoes) {
  Production world;
  world.prove_new();
  world.fire(ShareAsked{50});
  world.apply();
  world.fire(TakeBackAsked{"errors 6.2 % of 412"});
  const auto* failed = world.told<AttemptFailed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(std::get<TakenBack>(failed->why).reason, "errors 6.2 % of 412");
  EXPECT_TRUE(std::get<ServesOn>(failed->sequel).release.is(kOldRelease));
  EXPECT_EQ(world.weight(UnitId{1}), 100U);
  EXPECT_TRUE(holds<Draining>(world.phase(UnitId{2})));
  EXPECT_FALSE(world.stopped(UnitId{2}));
}

TEST(Proving, ACandidateThatCrashesIsTakenBackAtOnce) {
  Production world;
  world.prove_new();
  world.fire(ShareAsked{50});
  world.apply();
  world.fire(link::LeaderExited{UnitId{2}, exit_with(1)});
  const auto* failed = world.told<AttemptFailed>();
  ASSERT_TRUE(failed);
  EXPECT_TRUE(std::get<ExitedEarly>(failed->why).was_ready);
  ASSERT_TRUE(world.plan());
  ASSERT_EQ(world.plan()->generations.size(), 1U);
  EXPECT_EQ(world.plan()->generations[0].weight, 100U);
  EXPECT_TRUE(world.busy_with<Idle>());
}

TEST(Proving, WhereTheOldOneCrashesTheCandidateTakesAll) {
  Production world;
  world.prove_new();
  world.fire(ShareAsked{5});
  world.apply();
  world.fire(link::LeaderExited{UnitId{1}, exit_with(1)});
  EXPECT_TRUE(world.told<GenerationCrashed>());
  EXPECT_EQ(world.weight(UnitId{2}), 100U);
  EXPECT_TRUE(world.busy_with<Proving>());
}

TEST(Proving, TakenBackWithoutAnOldOneTheLastReleaseIsStartedAgain) {
  Production world;
  world.prove_new();
  world.fire(link::LeaderExited{UnitId{1}, exit_with(1)});
  world.fire(TakeBackAsked{"slow"});
  ASSERT_TRUE(world.told<AttemptFailed>());
  EXPECT_TRUE(std::get<TriesAgain>(world.told<AttemptFailed>()->sequel).release.is(kOldRelease));
  world.pass_to_deadline();
  ASSERT_TRUE(world.did<link::StartUnit>());
  EXPECT_EQ(world.did<link::StartUnit>()->directory, kOldRelease.directory);
}

TEST(Proving, ABuildInAdvanceChangesNothingElse) {
  Production world;
  world.policy.service.build = BuildStep{{"npm", "ci"}};
  world.serve_old();
  world.fire(BuildAsked{kNewRelease});
  const auto* start = world.did<link::StartUnit>();
  ASSERT_TRUE(start);
  EXPECT_EQ(start->label, "build 7f3c2d1");
  EXPECT_EQ(start->directory, kNewRelease.directory);
  EXPECT_TRUE(world.busy_with<Idle>());
  world.fire(link::LeaderExited{UnitId{2}, exit_with(0)});
  ASSERT_TRUE(world.told<ReleaseBuilt>());
  EXPECT_FALSE(world.told<ReleaseBuilt>()->failure);
  world.fire(link::UnitGone{UnitId{2}});
  EXPECT_FALSE(world.told<ReleaseBuilt>());
  world.fire(ReleaseAsked{{kNewRelease, true}});
  EXPECT_EQ(world.did<link::StartUnit>()->label, "7f3c2d1");
}

TEST(Proving, WhatIsBuiltStaysAndGoesWithItsRelease) {
  Production world;
  world.policy.service.name = "shop";
  world.policy.service.build = BuildStep{{"go", "build", "-o", "{output}", "."}};
  world.policy.service.command = {"{output}"};
  world.serve_old();
  const std::string output = kNewRelease.directory + "/.livefix-shop";
  world.fire(BuildAsked{kNewRelease});
  EXPECT_EQ(world.did<link::StartUnit>()->command[3], output);
  world.fire(link::LeaderExited{UnitId{2}, exit_with(0)});
  world.fire(ReleaseAsked{{kNewRelease, true}});
  EXPECT_EQ(world.did<link::StartUnit>()->command, std::vector<std::string>{output});
}

TEST(Proving, ABuildInAdvanceThatFailsIsTold) {
  Production world;
  world.policy.service.build = BuildStep{{"npm", "ci"}};
  world.serve_old();
  world.fire(BuildAsked{kNewRelease});
  world.fire(link::LeaderExited{UnitId{2}, exit_with(1)});
  ASSERT_TRUE(world.told<ReleaseBuilt>());
  EXPECT_TRUE(std::holds_alternative<BuildFailed>(*world.told<ReleaseBuilt>()->failure));
}

TEST(Proving, OneThatNeedsTheRoomWaitsForTheOldOneToGo) {
  Production world;
  world.serve_old();
  world.fire(ReleaseAsked{{kNewRelease, true, true}});
  EXPECT_FALSE(world.did<link::StartUnit>());
  EXPECT_EQ(world.weight(UnitId{1}), 0U);
  world.drain(UnitId{1});
  EXPECT_TRUE(world.stopped(UnitId{1}));
  world.fire(link::UnitGone{UnitId{1}});
  ASSERT_TRUE(world.did<link::StartUnit>());
  world.make_ready(UnitId{2});
  EXPECT_TRUE(world.busy_with<Proving>());
  EXPECT_EQ(world.weight(UnitId{2}), 100U);
}

TEST(Proving, AFirstReleaseThatFailsWaitsForAnother) {
  Production world;
  world.fire(FirstStart{});
  world.fire(ReleaseAsked{{kNewRelease, true}});
  world.fire(link::LeaderExited{UnitId{1}, exit_with(1)});
  ASSERT_TRUE(world.told<AttemptFailed>());
  EXPECT_TRUE(std::holds_alternative<WaitsForCommit>(world.told<AttemptFailed>()->sequel));
  EXPECT_FALSE(world.did<link::Finish>());
}

TEST(Proving, OneThatIsTakenBackSaysWhenTheProxyGivesItNothing) {
  Production world;
  world.prove_new();
  world.fire(ShareAsked{50});
  world.apply();
  world.fire(ShareAsked{0});
  world.fire(TakeBackAsked{"worse"});
  EXPECT_FALSE(world.told<ShareApplied>());
  world.apply();
  ASSERT_TRUE(world.told<ShareApplied>());
  EXPECT_EQ(world.told<ShareApplied>()->percent, 0U);
}

TEST(Proving, ACandidateThatCrashesWhileItsPromotionIsWrittenDownIsStartedAgain) {
  Production world;
  world.prove_new();
  world.fire(ShareAsked{100});
  world.apply();
  world.fire(link::LeaderExited{UnitId{2}, exit_with(1)});
  EXPECT_EQ(world.weight(UnitId{1}), 100U);
  world.fire(KeepAsked{kNewRelease});
  ASSERT_TRUE(world.did<link::StartUnit>());
  EXPECT_EQ(world.did<link::StartUnit>()->label, kNewRelease.name);
  EXPECT_EQ(world.weight(UnitId{1}), 100U);  // until the new one is ready
  // It does not come up: it is tried on.
  world.fire(link::LeaderExited{UnitId{3}, exit_with(1)});
  world.pass_to_deadline();
  world.make_ready(UnitId{4});
  EXPECT_EQ(world.weight(UnitId{4}), 100U);
  EXPECT_TRUE(holds<Draining>(world.phase(UnitId{1})));
}

// --- what a control that comes back finds --------------------------------------------------------

struct Comeback : Production {
  // As the keeper would tell it.
  link::ServiceSnapshot snapshot() const {
    link::ServiceSnapshot service;
    service.last_unit = state.last_unit;
    service.plan = plan_of(state, policy);
    for (const auto& [id, unit] : state.units) {
      link::UnitSnapshot one;
      one.unit = id;
      one.label = unit_label(unit.release, unit.builds);
      one.pid = unit.pid;
      for (const Place& place : unit.places) one.listening.push_back(place.where);
      service.units.push_back(one);
    }
    return service;
  }
  void come_back(const Release& kept, const Release& before = {}) {
    const auto told = snapshot();
    auto transition = restore(
        told, {.commits = {kOldRelease, kNewRelease}, .kept = kept, .before = before}, policy, now);
    state = std::move(transition.state);
    actions = std::move(transition.actions);
  }
};

TEST(Proving, AControlThatComesBackTakesARolloutBack) {
  Comeback world;
  world.prove_new();
  world.fire(ShareAsked{100});
  world.apply();
  world.come_back(kOldRelease);
  EXPECT_EQ(world.weight(UnitId{1}), 100U);
  EXPECT_EQ(world.weight(UnitId{2}), 0U);
  EXPECT_TRUE(holds<Draining>(world.phase(UnitId{2})));
  EXPECT_TRUE(world.busy_with<Idle>());
}

TEST(Proving, AControlThatComesBackGoesOnWithWhatWasKept) {
  Comeback world;
  world.prove_new();
  world.fire(ShareAsked{100});
  world.apply();
  world.come_back(kNewRelease);
  EXPECT_EQ(world.weight(UnitId{2}), 100U);
  EXPECT_TRUE(holds<Draining>(world.phase(UnitId{1})));
  EXPECT_TRUE(world.state.served_release.is(kNewRelease));
}

TEST(Proving, ARollbackThatWasOnlyWrittenDownIsDoneWhileTheNewerOneServes) {
  Comeback world;
  world.keep_new();
  world.drain(UnitId{1});
  world.fire(link::UnitGone{UnitId{1}});
  world.come_back(kOldRelease, kNewRelease);
  EXPECT_EQ(world.weight(UnitId{2}), 100U);
  ASSERT_TRUE(world.did<link::StartUnit>());
  EXPECT_EQ(world.did<link::StartUnit>()->label, kOldRelease.name);
  world.make_ready(UnitId{3});
  EXPECT_EQ(world.weight(UnitId{3}), 100U);
  EXPECT_EQ(world.weight(UnitId{2}), 0U);
}

TEST(Proving, ARollbackThatWasOnlyWrittenDownTakesTheWarmOneUp) {
  Comeback world;
  world.keep_new();
  world.drain(UnitId{1});
  ASSERT_TRUE(holds<Warm>(world.phase(UnitId{1})));
  world.come_back(kOldRelease, kNewRelease);
  EXPECT_FALSE(world.did<link::StartUnit>());
  EXPECT_EQ(world.weight(UnitId{1}), 100U) << "it was seen to accept connections";
  EXPECT_EQ(world.weight(UnitId{2}), 0U);
}

TEST(Proving, ACandidateThatWasStartingIsStopped) {
  Comeback world;
  world.serve_old();
  world.fire(ReleaseAsked{{kNewRelease, true}});
  world.come_back(kOldRelease);
  EXPECT_TRUE(world.stopped(UnitId{2}));
  EXPECT_TRUE(world.busy_with<Idle>());
}

TEST(Proving, AKeptReleaseWithoutAProcessIsStarted) {
  Comeback world;
  world.come_back(kOldRelease);
  ASSERT_TRUE(world.did<link::StartUnit>());
  EXPECT_EQ(world.did<link::StartUnit>()->label, kOldRelease.name);
}

}  // namespace
}  // namespace livefix::control
