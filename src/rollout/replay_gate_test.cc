// What a replay is judged by, and when it is awaited.
#include "rollout/replay_gate.h"

#include "rollout/rollout_harness.h"

namespace livefix::rollout {
namespace {

using namespace std::chrono_literals;

ReplayFigures figures_with(std::uint32_t broken, std::uint32_t still_fail, std::uint32_t differ) {
  ReplayFigures figures;
  figures.healthy = 9;
  figures.failures = 9;
  figures.broken = broken;
  figures.still_fail = still_fail;
  figures.differ = differ;
  return figures;
}

TEST(ReplayGate, WhatAnsweredBeforeMustAnswer) {
  EXPECT_EQ(judge(figures_with(1, 0, 0), {}), ReplayFault::breaks);
  EXPECT_EQ(judge(figures_with(0, 0, 0), {}), std::nullopt);
}

TEST(ReplayGate, TheRestIsToldUnlessItIsAMust) {
  EXPECT_EQ(judge(figures_with(0, 9, 9), {}), std::nullopt);
  ReplaySpec strict;
  strict.failures_must_pass = true;
  EXPECT_EQ(judge(figures_with(0, 1, 0), strict), ReplayFault::still_fails);
  EXPECT_EQ(judge(figures_with(0, 0, 1), strict), std::nullopt);
  strict = {};
  strict.healthy_must_be_alike = true;
  EXPECT_EQ(judge(figures_with(0, 0, 1), strict), ReplayFault::differs);
  EXPECT_EQ(judge(figures_with(0, 1, 0), strict), std::nullopt);
}

TEST(ReplayGate, AnswersAreCountedByStatus) {
  ReplayFigures figures;
  for (const int status : {200, 404, 200}) figures.count_answer(status);
  EXPECT_EQ(figures.answered, (std::vector<StatusCount>{{200, 2}, {404, 1}}));
}

// --- in a rollout --------------------------------------------------------------------------------

ServiceRules with_replay(std::string name) {
  ServiceRules rules = service_rules(std::move(name));
  rules.replay = ReplaySpec{};
  return rules;
}

TEST(ReplayInRollout, IsBeforeAnyTraffic) {
  Harness rollout(with_replay("shop"));
  rollout.get_ready();
  EXPECT_EQ(rollout.name(), "verifying");
  EXPECT_EQ(rollout.all<Replay>().size(), 1U);
  EXPECT_TRUE(rollout.all<ApplyShare>().empty());
  rollout.feed(Replayed{"shop", figures_with(0, 1, 1)});
  EXPECT_EQ(rollout.percent(), 5U);
  EXPECT_EQ(rollout.said<ReplayPassed>(), 1U);
}

TEST(ReplayInRollout, OneThatBreaksIsTakenBackByItsGate) {
  Harness rollout(with_replay("shop"));
  rollout.get_ready();
  rollout.feed(Replayed{"shop", figures_with(1, 0, 0)});
  EXPECT_EQ(rollout.name(), "taking_back");
  EXPECT_EQ(rollout.gate(), "replay");
  for (const ApplyShare& share : rollout.all<ApplyShare>()) EXPECT_EQ(share.percent, 0U);
}

TEST(ReplayInRollout, NothingIsSaidWhereThereWasNothing) {
  Harness rollout(with_replay("shop"));
  rollout.get_ready();
  rollout.feed(Replayed{"shop", {}});
  EXPECT_EQ(rollout.said<ReplayPassed>(), 0U);
  EXPECT_EQ(rollout.percent(), 5U);
}

TEST(ReplayInRollout, IsNotForThoseThatHaveNoOldOneBeside) {
  ServiceRules first = with_replay("shop");
  first.has_old = false;
  ServiceRules held = with_replay("shop");
  held.hold = HoldReason::asked;
  for (const ServiceRules& rules : {first, held, service_rules("shop")}) {
    Harness rollout(rules);
    rollout.get_ready();
    EXPECT_TRUE(rollout.all<Replay>().empty());
    EXPECT_EQ(rollout.name(), "shifting");
  }
}

TEST(ReplayInRollout, AllOfSeveralAreAwaited) {
  Harness rollout(Rules{{with_replay("shop"), with_replay("cart")}, {}});
  rollout.get_ready();
  EXPECT_EQ(rollout.all<Replay>().size(), 2U);
  rollout.feed(Replayed{"cart", figures_with(0, 0, 0)});
  EXPECT_EQ(rollout.name(), "verifying");
  rollout.feed(Replayed{"shop", figures_with(0, 0, 0)});
  EXPECT_EQ(rollout.name(), "shifting");
}

TEST(ReplayInRollout, OneThatIsNeverHeardOfDoesNotHoldItUp) {
  Harness rollout(with_replay("shop"));
  rollout.get_ready();
  rollout.pass(14'999ms);
  EXPECT_EQ(rollout.name(), "verifying");
  rollout.pass(1ms);
  EXPECT_EQ(rollout.name(), "shifting");
  EXPECT_EQ(rollout.said<ReplayGivenUp>(), 1U);
  rollout.feed(Replayed{"shop", figures_with(1, 0, 0)});
  EXPECT_EQ(rollout.name(), "shifting") << "too late";
}

TEST(ReplayInRollout, IsNotAwaitedWhenItMattersToBeFast) {
  Harness promoted(with_replay("shop"));
  promoted.get_ready();
  promoted.feed(PromoteAsked{});
  EXPECT_EQ(promoted.percent(), 100U);
  Harness alone(with_replay("shop"));
  alone.get_ready();
  alone.feed(OldCrashed{"shop"});
  EXPECT_EQ(alone.name(), "shifting");
}

TEST(ReplayInRollout, EndsWithThePush) {
  Harness rollout(with_replay("shop"));
  rollout.get_ready();
  rollout.feed(PusherLeft{});
  EXPECT_EQ(rollout.name(), "taking_back");
  EXPECT_EQ(rollout.gate(), "pusher");
}

}  // namespace
}  // namespace livefix::rollout
