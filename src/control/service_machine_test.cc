#include "control/service_machine.h"

#include <gtest/gtest.h>

#include <csignal>

#include "control/machine_world.h"
#include "control/routing.h"

namespace livefix::control {
namespace {

using namespace livefix::control::testing;

TEST(ServiceMachine, FirstStartServesOnceItAccepts) {
  World world;
  world.fire(FirstStart{});
  const auto* start = world.did<link::StartUnit>();
  ASSERT_TRUE(start);
  EXPECT_EQ(start->unit, UnitId{1});
  EXPECT_EQ(start->label, "dev-1");
  EXPECT_EQ(start->command, (std::vector<std::string>{"node", "server.js"}));
  world.listen(UnitId{1});
  EXPECT_TRUE(world.did<Knock>());
  EXPECT_FALSE(world.plan());
  world.now += 212ms;
  world.accept(UnitId{1});
  ASSERT_TRUE(world.plan());
  EXPECT_EQ(number(world.plan()->version), 1U);
  EXPECT_EQ(world.plan()->generations[0].weight, kFullWeight);
  EXPECT_FALSE(world.told<AttemptServes>());
  world.apply();
  const auto* serves = world.told<AttemptServes>();
  ASSERT_TRUE(serves);
  EXPECT_TRUE(serves->first);
  EXPECT_EQ(serves->took, 212ms);
}

TEST(ServiceMachine, ASaveHandsOverAndStopsTheOldOne) {
  World world;
  world.serve_first();
  world.fire(ChangeSeen{{"src/cart.js"}});
  ASSERT_TRUE(world.did<link::StartUnit>());
  world.listen(UnitId{2});
  world.accept(UnitId{2});
  ASSERT_TRUE(world.plan());
  ASSERT_EQ(world.plan()->generations.size(), 2U);
  EXPECT_EQ(world.plan()->generations[0].weight, 0U);
  EXPECT_EQ(world.plan()->generations[0].ends, world.now + world.policy.service.timing.drain);
  EXPECT_EQ(world.plan()->generations[1].weight, kFullWeight);
  EXPECT_FALSE(world.plan()->generations[1].ends);
  EXPECT_FALSE(world.stopped(UnitId{1}));
  world.apply();
  const auto* serves = world.told<AttemptServes>();
  ASSERT_TRUE(serves);
  EXPECT_EQ(serves->attempt.cause.paths, std::vector<std::string>{"src/cart.js"});
  world.fire(link::GenerationDrained{UnitId{1}, world.state.plan});
  EXPECT_TRUE(world.stopped(UnitId{1}));
  world.fire(link::UnitGone{UnitId{1}});
  EXPECT_EQ(world.state.units.size(), 1U);
  EXPECT_TRUE(world.busy_with<Idle>());
}

TEST(ServiceMachine, ADrainThatTakesTooLongIsCut) {
  World world;
  world.serve_first();
  world.fire(ChangeSeen{{"a.js"}});
  world.make_ready(UnitId{2});
  world.pass_to_deadline();
  EXPECT_TRUE(world.told<DrainCut>());
  EXPECT_TRUE(world.stopped(UnitId{1}));
  ASSERT_TRUE(world.plan());
  EXPECT_EQ(world.plan()->generations.size(), 1U);
  EXPECT_FALSE(next_deadline(world.state, world.policy));
}

TEST(ServiceMachine, AnAcknowledgementOfAnOlderPlanIsNoSwitch) {
  World world;
  world.serve_first();
  world.fire(ChangeSeen{{"a.js"}});
  world.listen(UnitId{2});
  world.accept(UnitId{2});
  world.fire(link::PlanApplied{PlanVersion{1}});
  EXPECT_TRUE(world.busy_with<Switching>());
  world.fire(link::GenerationDrained{UnitId{1}, PlanVersion{1}});
  EXPECT_FALSE(world.stopped(UnitId{1}));
}

TEST(ServiceMachine, ACandidateThatExitsChangesNothing) {
  World world;
  world.serve_first();
  world.fire(ChangeSeen{{"a.js"}});
  world.fire(link::LeaderExited{UnitId{2}, exit_with(1)});
  const auto* failed = world.told<AttemptFailed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(std::get<ExitedEarly>(failed->why).wait_status, exit_with(1));
  EXPECT_EQ(std::get<ServesOn>(failed->sequel).release.number, 1U);
  EXPECT_TRUE(world.stopped(UnitId{2}));
  EXPECT_FALSE(world.plan());
  world.fire(link::UnitGone{UnitId{2}});
  EXPECT_FALSE(world.told<AttemptFailed>());
}

TEST(ServiceMachine, ACandidateThatIsNotReadyInTimeChangesNothing) {
  World world;
  world.serve_first();
  world.fire(ChangeSeen{{"a.js"}});
  world.pass_to_deadline();
  const auto* failed = world.told<AttemptFailed>();
  ASSERT_TRUE(failed);
  EXPECT_EQ(std::get<NeverListened>(failed->why).waited, world.policy.service.timing.ready);
  EXPECT_TRUE(world.stopped(UnitId{2}));
}

TEST(ServiceMachine, ACandidateThatNeverAcceptsIsNamed) {
  World world;
  world.serve_first();
  world.fire(ChangeSeen{{"a.js"}});
  world.listen(UnitId{2});
  world.pass_to_deadline();
  ASSERT_TRUE(world.told<AttemptFailed>());
  EXPECT_TRUE(std::holds_alternative<NeverAccepted>(world.told<AttemptFailed>()->why));
}

TEST(ServiceMachine, ACandidateWithoutItsPortChangesNothing) {
  World world;
  world.serve_first();
  world.fire(ChangeSeen{{"a.js"}});
  world.fire(link::PortRefused{UnitId{2}, Address::any_ipv4(4000), EADDRINUSE});
  ASSERT_TRUE(world.told<AttemptFailed>());
  EXPECT_TRUE(std::holds_alternative<PortTaken>(world.told<AttemptFailed>()->why));
  EXPECT_TRUE(world.busy_with<Idle>());
}

TEST(ServiceMachine, ANewerSaveTakesThePlaceOfACandidate) {
  World world;
  world.serve_first();
  world.fire(ChangeSeen{{"a.js"}});
  world.fire(ChangeSeen{{"b.js"}});
  EXPECT_TRUE(world.told<AttemptSuperseded>());
  EXPECT_FALSE(world.told<AttemptFailed>());
  EXPECT_TRUE(world.stopped(UnitId{2}));
  EXPECT_EQ(world.did<link::StartUnit>()->label, "dev-3");
  world.fire(link::LeaderExited{UnitId{2}, exit_with(1)});
  EXPECT_TRUE(world.actions.empty());
  world.make_ready(UnitId{3});
  const auto* serves = world.told<AttemptServes>();
  ASSERT_TRUE(serves);
  EXPECT_EQ(serves->attempt.cause.paths, (std::vector<std::string>{"a.js", "b.js"}));
}

TEST(ServiceMachine, ASaveDuringASwitchComesAfterIt) {
  World world;
  world.serve_first();
  world.fire(ChangeSeen{{"a.js"}});
  world.listen(UnitId{2});
  world.accept(UnitId{2});
  world.fire(ChangeSeen{{"b.js"}});
  EXPECT_FALSE(world.did<link::StartUnit>());
  world.apply();
  EXPECT_TRUE(world.told<AttemptServes>());
  EXPECT_EQ(world.did<link::StartUnit>()->label, "dev-3");
}

TEST(ServiceMachine, ACrashIsBackedOffAndDoubles) {
  World world;
  world.serve_first();
  world.now += 12s;
  world.fire(link::LeaderExited{UnitId{1}, exit_with(1)});
  const auto* crash = world.told<GenerationCrashed>();
  ASSERT_TRUE(crash);
  EXPECT_EQ(crash->lived, 12s);
  EXPECT_EQ(std::get<TriesAgain>(crash->sequel).delay, 100ms);
  ASSERT_TRUE(world.plan());
  EXPECT_TRUE(world.plan()->generations.empty());
  EXPECT_TRUE(world.stopped(UnitId{1}));
  Milliseconds expected = 100ms;
  for (std::uint32_t unit = 2; unit < 12; ++unit) {
    const TimePoint before = world.now;
    world.pass_to_deadline();
    EXPECT_EQ(world.now - before, expected);
    ASSERT_TRUE(world.did<link::StartUnit>());
    EXPECT_EQ(world.did<link::StartUnit>()->label, "dev-1");
    expected = std::min<Milliseconds>(expected * 2, 10s);
    world.fire(link::LeaderExited{UnitId{unit}, SIGSEGV});
    ASSERT_TRUE(world.told<AttemptFailed>());
    EXPECT_EQ(std::get<TriesAgain>(world.told<AttemptFailed>()->sequel).delay, expected);
  }
  world.pass_to_deadline();
  world.make_ready(UnitId{12});
  world.now += 10s;
  world.fire(link::LeaderExited{UnitId{12}, SIGSEGV});
  EXPECT_EQ(std::get<TriesAgain>(world.told<GenerationCrashed>()->sequel).delay, 100ms);
}

TEST(ServiceMachine, ASaveAfterACrashIsTriedAtOnce) {
  World world;
  world.serve_first();
  world.fire(link::LeaderExited{UnitId{1}, exit_with(1)});
  world.fire(ChangeSeen{{"a.js"}});
  ASSERT_TRUE(world.did<link::StartUnit>());
  EXPECT_EQ(world.did<link::StartUnit>()->label, "dev-2");
  EXPECT_TRUE(world.busy_with<Trying>());
}

TEST(ServiceMachine, ACrashWhileACandidateStartsLeavesTheFieldToIt) {
  World world;
  world.serve_first();
  world.fire(ChangeSeen{{"a.js"}});
  world.fire(link::LeaderExited{UnitId{1}, exit_with(1)});
  EXPECT_TRUE(std::holds_alternative<StartsNewer>(world.told<GenerationCrashed>()->sequel));
  world.make_ready(UnitId{2});
  EXPECT_EQ(serving(world.state)->id, UnitId{2});
}

TEST(ServiceMachine, ACrashInTheMiddleOfASwitchGivesTheTrafficBack) {
  World world;
  world.serve_first();
  world.fire(ChangeSeen{{"a.js"}});
  world.listen(UnitId{2});
  world.accept(UnitId{2});
  world.fire(link::LeaderExited{UnitId{2}, SIGSEGV});
  ASSERT_TRUE(world.plan());
  ASSERT_EQ(world.plan()->generations.size(), 1U);
  EXPECT_EQ(world.plan()->generations[0].generation, UnitId{1});
  EXPECT_EQ(world.plan()->generations[0].weight, kFullWeight);
  EXPECT_TRUE(std::holds_alternative<ServesOn>(world.told<AttemptFailed>()->sequel));
}

TEST(ServiceMachine, ACrashWhileDrainingIsNoNews) {
  World world;
  world.serve_first();
  world.fire(ChangeSeen{{"a.js"}});
  world.make_ready(UnitId{2});
  world.fire(link::LeaderExited{UnitId{1}, SIGSEGV});
  EXPECT_FALSE(world.told<GenerationCrashed>());
  EXPECT_TRUE(world.busy_with<Idle>());
  EXPECT_EQ(world.plan()->generations.size(), 1U);
}

TEST(ServiceMachine, ADaemonLivesUntilItIsGone) {
  World world;
  world.fire(FirstStart{});
  world.fire(link::LeaderExited{UnitId{1}, 0});
  EXPECT_TRUE(world.busy_with<Trying>());
  world.make_ready(UnitId{1});
  EXPECT_TRUE(world.told<AttemptServes>());
  world.fire(link::UnitGone{UnitId{1}});
  EXPECT_TRUE(world.told<GenerationCrashed>());
  EXPECT_FALSE(world.did<link::StopUnit>());
  EXPECT_TRUE(world.busy_with<BackingOff>());
}

struct FirstFailure {
  const char* name;
  Event event;
  bool watching;
  bool ends;
};

class ServiceMachineFirstFailure : public ::testing::TestWithParam<FirstFailure> {};

TEST_P(ServiceMachineFirstFailure, EndsOrWaitsForASave) {
  World world;
  world.policy.service.watch.enabled = GetParam().watching;
  world.fire(FirstStart{});
  if (std::holds_alternative<Tick>(GetParam().event)) {
    world.pass_to_deadline();
  } else {
    world.fire(GetParam().event);
  }
  ASSERT_TRUE(world.told<AttemptFailed>());
  const bool ends = std::holds_alternative<Ends>(world.told<AttemptFailed>()->sequel);
  EXPECT_EQ(ends, GetParam().ends);
  world.fire(link::UnitGone{UnitId{1}});
  if (ends) {
    EXPECT_TRUE(world.busy_with<Finished>());
    const auto* finish = std::get_if<link::Finish>(&world.all.back());
    ASSERT_TRUE(finish);
    EXPECT_EQ(finish->exit_status, 1);
    return;
  }
  EXPECT_TRUE(world.busy_with<Idle>());
  world.fire(ChangeSeen{{"a.js"}});
  world.make_ready(UnitId{2});
  ASSERT_TRUE(world.told<AttemptServes>());
  EXPECT_TRUE(world.told<AttemptServes>()->first);
}

INSTANTIATE_TEST_SUITE_P(
    All, ServiceMachineFirstFailure,
    ::testing::Values(
        FirstFailure{"not_found", link::UnitNotStarted{UnitId{1}, "no"}, true, true},
        FirstFailure{"port", link::PortRefused{UnitId{1}, {}, EADDRINUSE}, true, true},
        FirstFailure{"silent", Tick{}, true, true},
        FirstFailure{"exit_0", link::UnitGone{UnitId{1}}, true, true},
        FirstFailure{"exit_1", link::LeaderExited{UnitId{1}, exit_with(1)}, true, false},
        FirstFailure{"exit_1_unwatched", link::LeaderExited{UnitId{1}, exit_with(1)}, false, true},
        FirstFailure{"signal", link::LeaderExited{UnitId{1}, SIGSEGV}, true, false}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(ServiceMachine, ABuildComesFirstAndItsFailureChangesNothing) {
  World world;
  world.policy.service.command = {"{output}", "-v"};
  world.policy.service.build =
      BuildStep{{"go", "build", "-o", "{output}", "."}, "/srv/shop/cmd/server"};
  world.fire(FirstStart{});
  const auto* build = world.did<link::StartUnit>();
  ASSERT_TRUE(build);
  EXPECT_FALSE(build->serves);
  EXPECT_EQ(build->directory, "/srv/shop/cmd/server");
  EXPECT_EQ(build->command[3], "/srv/shop/.livefix/run/shop/build/dev-1");
  world.fire(link::LeaderExited{UnitId{1}, 0});
  const auto* start = world.did<link::StartUnit>();
  ASSERT_TRUE(start);
  EXPECT_TRUE(start->serves);
  EXPECT_EQ(start->command[0], "/srv/shop/.livefix/run/shop/build/dev-1");
  EXPECT_EQ(start->directory, "/srv/shop");
  world.fire(link::UnitGone{UnitId{1}});
  world.make_ready(UnitId{2});
  world.fire(ChangeSeen{{"main.go"}});
  world.fire(link::LeaderExited{UnitId{3}, exit_with(1)});
  ASSERT_TRUE(world.told<AttemptFailed>());
  EXPECT_TRUE(std::holds_alternative<BuildFailed>(world.told<AttemptFailed>()->why));
  world.fire(link::UnitGone{UnitId{3}});
  ASSERT_TRUE(world.did<ForgetBuild>());
  EXPECT_EQ(world.did<ForgetBuild>()->release.number, 2U);
  EXPECT_TRUE(world.state.builds.contains(1));
}

TEST(ServiceMachine, AProgramWithAFixedPortIsStoppedBeforeItsSuccessorStarts) {
  World world;
  world.policy.takeover = link::Takeover::environment;
  world.fire(FirstStart{});
  world.listen(UnitId{1}, 3000, true);
  world.accept(UnitId{1});
  world.apply();
  world.fire(ChangeSeen{{"a.js"}});
  EXPECT_FALSE(world.did<link::StartUnit>());
  ASSERT_TRUE(world.plan());
  ASSERT_EQ(world.plan()->generations.size(), 1U);
  EXPECT_EQ(world.plan()->generations[0].weight, 0U);
  world.fire(link::GenerationDrained{UnitId{1}, world.state.plan});
  EXPECT_TRUE(world.stopped(UnitId{1}));
  EXPECT_FALSE(world.did<link::StartUnit>());
  world.fire(link::UnitGone{UnitId{1}});
  EXPECT_TRUE(world.did<link::StartUnit>());
  world.make_ready(UnitId{2});
  EXPECT_TRUE(world.told<AttemptServes>());
}

TEST(ServiceMachine, AProgramMayMoveToAnotherPort) {
  World world;
  world.serve_first();
  world.fire(ChangeSeen{{"a.js"}});
  world.listen(UnitId{2}, 4000);
  world.accept(UnitId{2}, 4000);
  EXPECT_FALSE(world.plan()) << "its old port may still come";
  world.pass_to_deadline();
  ASSERT_TRUE(world.plan());
  world.apply();
  EXPECT_FALSE(world.did<link::ClosePort>()) << "the old one still drains there";
  world.fire(link::GenerationDrained{UnitId{1}, world.state.plan});
  ASSERT_TRUE(world.did<link::ClosePort>());
  EXPECT_EQ(world.did<link::ClosePort>()->address.port, 3000);
}

TEST(ServiceMachine, APortThatIsOpenedLateJoinsTheTraffic) {
  World world;
  world.serve_first();
  world.listen(UnitId{1}, 3001);
  EXPECT_TRUE(world.did<Knock>());
  world.accept(UnitId{1}, 3001);
  ASSERT_TRUE(world.plan());
  EXPECT_EQ(world.plan()->generations[0].backends.size(), 2U);
  EXPECT_TRUE(world.told<PortAdded>());
}

TEST(ServiceMachine, StopsInOrder) {
  World world;
  world.serve_first();
  world.fire(ChangeSeen{{"a.js"}});
  world.fire(link::StopRequested{SIGINT});
  const TimePoint ends = world.now + world.policy.service.timing.drain;
  ASSERT_TRUE(world.did<link::DrainProxy>());
  EXPECT_EQ(world.did<link::DrainProxy>()->ends, ends);
  EXPECT_TRUE(world.stopped(UnitId{2}));
  EXPECT_FALSE(world.stopped(UnitId{1}));
  world.fire(ChangeSeen{{"b.js"}});
  EXPECT_TRUE(world.actions.empty());
  world.now += 1s;
  world.fire(link::ProxyRestarted{});
  ASSERT_TRUE(world.did<link::DrainProxy>());
  EXPECT_EQ(world.did<link::DrainProxy>()->ends, ends);
  world.fire(link::ProxyDrained{});
  EXPECT_TRUE(world.stopped(UnitId{1}));
  world.fire(link::UnitGone{UnitId{2}});
  world.fire(link::UnitGone{UnitId{1}});
  ASSERT_TRUE(world.did<link::Finish>());
  EXPECT_EQ(world.did<link::Finish>()->exit_status, 0);
  EXPECT_TRUE(world.busy_with<Finished>());
}

TEST(ServiceMachine, ASecondStopDoesNotWait) {
  World world;
  world.serve_first();
  world.fire(link::StopRequested{SIGINT});
  world.fire(StopAsked{});
  EXPECT_TRUE(world.actions.empty());
  world.fire(link::StopRequested{SIGINT});
  ASSERT_TRUE(world.did<link::StopUnit>());
  EXPECT_EQ(world.did<link::StopUnit>()->grace, 0ms);
}

TEST(ServiceMachine, StopWithNothingRunningIsImmediate) {
  World world;
  world.fire(FirstStart{});
  world.fire(link::LeaderExited{UnitId{1}, exit_with(1)});
  world.fire(link::UnitGone{UnitId{1}});
  world.fire(link::StopRequested{SIGTERM});
  EXPECT_TRUE(world.did<link::Finish>());
}

TEST(ServiceMachine, TooManyThatDrainHoldBackTheNextSwitch) {
  World world;
  world.serve_first();
  for (std::uint32_t unit = 2; unit <= 13; ++unit) {
    world.fire(ChangeSeen{{"a.js"}});
    world.make_ready(UnitId{unit});
    ASSERT_TRUE(world.told<AttemptServes>());
  }
  world.fire(ChangeSeen{{"a.js"}});
  world.listen(UnitId{14});
  world.accept(UnitId{14});
  EXPECT_TRUE(world.busy_with<Trying>());
  world.fire(link::GenerationDrained{UnitId{1}, world.state.plan});
  EXPECT_TRUE(world.busy_with<Switching>());
}

}  // namespace
}  // namespace livefix::control
