// What mirroring is judged by, and when it is awaited; and when a person is.
#include "rollout/mirror_gate.h"

#include "rollout/rollout_harness.h"

namespace livefix::rollout {
namespace {

using namespace std::chrono_literals;

MirrorFigures mirrored_with(std::uint32_t broken, std::uint32_t differ) {
  MirrorFigures figures;
  figures.requests = 9;
  figures.broken = broken;
  figures.differ = differ;
  figures.alike = 9 - broken - differ;
  return figures;
}

TEST(MirrorGate, WhatAnsweredBeforeMustAnswer) {
  EXPECT_EQ(judge(mirrored_with(1, 0), MirrorSpec{}), MirrorFault::breaks);
  EXPECT_EQ(judge(mirrored_with(0, 0), MirrorSpec{}), std::nullopt);
}

TEST(MirrorGate, DifferencesAreToldUnlessTheyMayNotBe) {
  MirrorSpec strict;
  strict.must_be_alike = true;
  EXPECT_EQ(judge(mirrored_with(0, 9), MirrorSpec{}), std::nullopt);
  EXPECT_EQ(judge(mirrored_with(0, 1), strict), MirrorFault::differs);
}

// --- in a rollout --------------------------------------------------------------------------------

ServiceRules with_mirror(std::string name) {
  ServiceRules rules = service_rules(std::move(name));
  rules.mirror = MirrorSpec{};
  return rules;
}

TEST(MirrorInRollout, IsBehindTheReplayAndBeforeAnyTraffic) {
  ServiceRules rules = with_mirror("shop");
  rules.replay = ReplaySpec{};
  Harness rollout(rules);
  rollout.get_ready();
  EXPECT_TRUE(rollout.all<Mirror>().empty());
  rollout.feed(Replayed{"shop", {}});
  EXPECT_EQ(rollout.all<Mirror>().size(), 1U);
  EXPECT_EQ(rollout.name(), "verifying");
  EXPECT_TRUE(rollout.all<ApplyShare>().empty());
  rollout.feed(Mirrored{"shop", mirrored_with(0, 2)});
  EXPECT_EQ(rollout.percent(), 5U);
  EXPECT_EQ(rollout.said<MirrorPassed>(), 1U);
}

TEST(MirrorInRollout, OneThatBreaksIsTakenBackByItsGate) {
  Harness rollout(with_mirror("shop"));
  rollout.get_ready();
  rollout.feed(Mirrored{"shop", mirrored_with(1, 0)});
  EXPECT_EQ(rollout.name(), "taking_back");
  EXPECT_EQ(rollout.gate(), "mirror");
  for (const ApplyShare& share : rollout.all<ApplyShare>()) EXPECT_EQ(share.percent, 0U);
}

TEST(MirrorInRollout, IsNotForThoseThatHaveNoOldOneBeside) {
  ServiceRules first = with_mirror("shop");
  first.has_old = false;
  ServiceRules held = with_mirror("shop");
  held.hold = HoldReason::asked;
  for (const ServiceRules& rules : {first, held}) {
    Harness rollout(rules);
    rollout.get_ready();
    EXPECT_TRUE(rollout.all<Mirror>().empty());
    EXPECT_EQ(rollout.name(), "shifting");
  }
}

TEST(MirrorInRollout, OneThatIsNeverHeardOfDoesNotHoldItUp) {
  Harness rollout(with_mirror("shop"));
  rollout.get_ready();
  rollout.pass(34'999ms);
  EXPECT_EQ(rollout.name(), "verifying");
  rollout.pass(1ms);
  EXPECT_EQ(rollout.name(), "shifting");
  EXPECT_EQ(rollout.said<MirrorGivenUp>(), 1U);
  rollout.feed(Mirrored{"shop", mirrored_with(1, 0)});
  EXPECT_EQ(rollout.name(), "shifting") << "too late";
}

TEST(MirrorInRollout, FollowsAReplayThatWasGivenUp) {
  ServiceRules rules = with_mirror("shop");
  rules.replay = ReplaySpec{};
  Harness rollout(rules);
  rollout.get_ready();
  rollout.pass(15s);
  EXPECT_EQ(rollout.name(), "verifying");
  EXPECT_EQ(rollout.all<Mirror>().size(), 1U);
}

TEST(MirrorInRollout, IsNotAwaitedWhenItMattersToBeFast) {
  Harness promoted(with_mirror("shop"));
  promoted.get_ready();
  promoted.feed(PromoteAsked{});
  EXPECT_EQ(promoted.percent(), 100U);
  Harness alone(with_mirror("shop"));
  alone.get_ready();
  alone.feed(OldCrashed{"shop"});
  EXPECT_EQ(alone.name(), "shifting");
}

// --- and a person may look -----------------------------------------------------------------------

ServiceRules with_look(std::string name) {
  ServiceRules rules = service_rules(std::move(name));
  rules.policy.preview = 10min;
  return rules;
}

TEST(LookInRollout, IsWaitedForBeforeAnyTraffic) {
  Harness rollout(with_look("shop"));
  rollout.get_ready();
  EXPECT_EQ(rollout.said<PreviewBegan>(), 1U);
  rollout.pass(10min - 1ms);
  EXPECT_EQ(rollout.name(), "verifying");
  rollout.pass(1ms);
  EXPECT_EQ(rollout.percent(), 5U);
  EXPECT_EQ(rollout.said<PreviewBegan>(), 1U);
}

TEST(LookInRollout, EndsWhenSomebodySaysSo) {
  Harness resumed(with_look("shop"));
  resumed.get_ready();
  resumed.feed(ResumeAsked{});
  EXPECT_EQ(resumed.percent(), 5U);
  Harness promoted(with_look("shop"));
  promoted.get_ready();
  promoted.feed(PromoteAsked{});
  EXPECT_EQ(promoted.percent(), 100U);
}

TEST(LookInRollout, APauseHoldsItLonger) {
  Harness rollout(with_look("shop"));
  rollout.get_ready();
  rollout.feed(PauseAsked{});
  rollout.pass(20min);
  EXPECT_EQ(rollout.name(), "verifying");
  rollout.feed(ResumeAsked{});
  EXPECT_EQ(rollout.percent(), 5U);
}

TEST(LookInRollout, IsNotForThoseWhoseRequestsWait) {
  ServiceRules held = with_look("shop");
  held.hold = HoldReason::asked;
  ServiceRules first = with_look("shop");
  first.has_old = false;
  for (const ServiceRules& rules : {held, first}) {
    Harness rollout(rules);
    rollout.get_ready();
    EXPECT_EQ(rollout.name(), "shifting");
  }
}

}  // namespace
}  // namespace livefix::rollout
