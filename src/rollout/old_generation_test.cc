// Old generations that are not there: stopped to make room, crashed, or slow to come back.
#include <gtest/gtest.h>

#include "rollout/rollout_harness.h"

namespace livefix::rollout {
namespace {

using namespace std::chrono_literals;

using Shares = std::vector<ServiceShare>;

TEST(OldGeneration, AServiceWithoutRoomForTwoIsHeldAndSwappedOver) {
  ServiceRules rules = service_rules("shop");
  rules.hold = HoldReason::fixed_port;
  Harness rollout(rules);
  rollout.build();
  EXPECT_TRUE(rollout.all<StartCandidates>().at(0).candidates.at(0).hold);
  rollout.feed(CandidateReady{"shop"});
  EXPECT_EQ(rollout.percent(), 100U);
  rollout.bake();
  rollout.feed(Recorded{});
  EXPECT_EQ(rollout.all<RetireOld>().size(), 0U);
}

TEST(OldGeneration, AHeldOneIsTakenBackWhenTheOldOneRunsAgain) {
  ServiceRules rules = service_rules("shop");
  rules.hold = HoldReason::memory;
  Harness rollout(rules);
  rollout.build();
  rollout.feed(CandidateFailed{"shop", "exited with 1"});
  EXPECT_EQ(rollout.all<TakeBack>().at(0).restore, std::vector<std::string>{"shop"});
  rollout.apply();
  EXPECT_EQ(rollout.name(), "taking_back");
  rollout.feed(OldRestored{"shop"});
  EXPECT_EQ(rollout.name(), "taken_back");
  EXPECT_TRUE(std::get<TakenBack>(rollout.state().phase).missing.empty());
}

TEST(OldGeneration, AnOldOneThatDoesNotComeBackIsNamed) {
  ServiceRules rules = service_rules("shop");
  rules.hold = HoldReason::memory;
  Harness rollout(rules);
  rollout.get_ready();
  rollout.feed(CandidateCrashed{"shop", "exited with 1"});
  rollout.apply();
  rollout.pass(119s);
  EXPECT_EQ(rollout.name(), "taking_back");
  EXPECT_GE(rollout.all<TakeBack>().size(), 8U);  // again and again
  rollout.pass(1s);
  EXPECT_EQ(std::get<TakenBack>(rollout.state().phase).missing, std::vector<std::string>{"shop"});
}

TEST(OldGeneration, TooLittleMemoryMeansHoldOrNothing) {
  Harness holds(service_rules("shop"));
  holds.feed(LaidOut{});
  holds.feed(Built{});
  holds.feed(MemoryChecked{false, {300, 100}});
  EXPECT_TRUE(holds.all<StartCandidates>().at(0).candidates.at(0).hold);

  ServiceRules rules = service_rules("shop");
  rules.may_hold = false;
  Harness refuses(rules);
  refuses.feed(LaidOut{});
  refuses.feed(Built{});
  refuses.feed(MemoryChecked{false, {300, 100}});
  EXPECT_EQ(refuses.name(), "refused");
  EXPECT_EQ(refuses.gate(), "memory");

  Harness later(rules);
  later.get_ready();
  later.feed(MemoryChecked{false, {300, 100}});
  EXPECT_EQ(later.name(), "taking_back");
}

TEST(OldGeneration, NobodyKnowsAboutMemoryAndItStartsAllTheSame) {
  Harness rollout(service_rules("shop"));
  rollout.feed(LaidOut{});
  rollout.feed(Built{});
  rollout.pass(10s);
  EXPECT_EQ(rollout.name(), "starting");
}

TEST(OldGeneration, WhenTheOldOneCrashesTheCandidateTakesAllAndIsWatched) {
  Harness rollout(service_rules("shop"));
  rollout.get_ready();
  rollout.apply();
  rollout.pass(3s);
  rollout.feed(OldCrashed{"shop"});
  EXPECT_EQ(rollout.percent(), 100U);
  rollout.apply();
  rollout.pass(9s);
  EXPECT_EQ(rollout.name(), "shifting");
  rollout.pass(1s);
  EXPECT_EQ(rollout.name(), "promoting");
}

TEST(OldGeneration, WhenOneOfTwoOldOnesCrashesTheOtherKeepsItsStep) {
  Harness rollout(Rules{{service_rules("shop"), service_rules("cart")}, {}});
  rollout.get_ready();
  rollout.apply();
  rollout.feed(OldCrashed{"cart"});
  EXPECT_EQ(rollout.all<ApplyShare>().back().shares, (Shares{{"shop", 5}, {"cart", 100}}));
  rollout.bake();
  EXPECT_EQ(rollout.all<ApplyShare>().back().shares, (Shares{{"shop", 50}, {"cart", 100}}));
}

TEST(OldGeneration, ACrashOfTheOldOneBeforeTheFirstStepCountsUntilItIsBack) {
  Harness down(service_rules("shop"));
  down.build();
  down.feed(OldCrashed{"shop"});
  down.feed(CandidateReady{"shop"});
  EXPECT_EQ(down.percent(), 100U);
  Harness up(service_rules("shop"));
  up.build();
  up.feed(OldCrashed{"shop"});
  up.feed(OldRestored{"shop"});
  up.feed(CandidateReady{"shop"});
  EXPECT_EQ(up.percent(), 5U);
}

TEST(OldGeneration, ABadCandidateServesUntilTheCrashedOldOneIsThereAgain) {
  Harness rollout(service_rules("shop"));
  rollout.get_ready();
  rollout.apply();
  rollout.feed(OldCrashed{"shop"});
  rollout.candidate = window_of(1'000, 200);
  rollout.apply();
  rollout.pass(1s);
  EXPECT_EQ(rollout.gate(), "errors");
  EXPECT_EQ(rollout.all<ApplyShare>().back().shares, (Shares{{"shop", 100}}));
  rollout.apply();
  rollout.feed(OldRestored{"shop"});
  EXPECT_EQ(rollout.all<ApplyShare>().back().shares, (Shares{{"shop", 0}}));
  EXPECT_EQ(rollout.name(), "taking_back");
  rollout.apply();
  EXPECT_EQ(rollout.name(), "taken_back");
}

TEST(OldGeneration, ACandidateThatDiedServesForNobody) {
  Harness rollout(service_rules("shop"));
  rollout.get_ready();
  rollout.apply();
  rollout.feed(OldCrashed{"shop"});
  rollout.feed(CandidateCrashed{"shop", "exited with 1"});
  EXPECT_EQ(rollout.all<ApplyShare>().back().shares, (Shares{{"shop", 0}}));

  Harness later(service_rules("shop"));
  later.get_ready();
  later.apply();
  later.feed(OldCrashed{"shop"});
  later.feed(AbortAsked{"ann", ""});
  EXPECT_EQ(later.all<ApplyShare>().back().shares, (Shares{{"shop", 100}}));
  later.feed(CandidateCrashed{"shop", "exited with 1"});
  EXPECT_EQ(later.all<ApplyShare>().back().shares, (Shares{{"shop", 0}}));
}

TEST(OldGeneration, OneThatComesBackDoesNotGetItsTrafficBack) {
  Harness rollout(Rules{{service_rules("shop"), service_rules("cart")}, {}});
  rollout.get_ready();
  rollout.apply();
  rollout.feed(OldCrashed{"cart"});
  rollout.feed(OldRestored{"cart"});
  rollout.bake();
  EXPECT_EQ(rollout.all<ApplyShare>().back().shares, (Shares{{"shop", 50}, {"cart", 100}}));
  rollout.feed(AbortAsked{"ann", ""});
  EXPECT_TRUE(rollout.all<TakeBack>().back().restore.empty());
}

TEST(OldGeneration, OneThatMadeRoomIsRestoredWhateverIsSaidOfItBefore) {
  ServiceRules rules = service_rules("shop");
  rules.hold = HoldReason::memory;
  Harness rollout(rules);
  rollout.get_ready();
  rollout.feed(OldRestored{"shop"});
  rollout.feed(CandidateCrashed{"shop", "exited with 1"});
  EXPECT_EQ(rollout.all<TakeBack>().back().restore, std::vector<std::string>{"shop"});
}

TEST(OldGeneration, OneThatIsBackTooLateIsNotNamedAsMissing) {
  ServiceRules rules = service_rules("shop");
  rules.hold = HoldReason::memory;
  Harness rollout(rules);
  rollout.get_ready();
  rollout.feed(AbortAsked{"ann", ""});
  rollout.pass(2min);
  EXPECT_EQ(rollout.name(), "taking_back");  // the proxy has not answered
  rollout.feed(OldRestored{"shop"});
  rollout.apply();
  EXPECT_TRUE(std::get<TakenBack>(rollout.state().phase).missing.empty());
}

TEST(OldGeneration, ACandidateThatDiedWhileItWasRecordedServesForNobody) {
  Harness rollout(service_rules("shop"));
  rollout.feed(PromoteAsked{});
  rollout.get_ready();
  rollout.apply();
  rollout.feed(OldCrashed{"shop"});
  rollout.feed(CandidateCrashed{"shop", "exited with 1"});
  rollout.feed(RecordFailed{"shop crashed while it was recorded"});
  EXPECT_EQ(rollout.all<ApplyShare>().back().shares, (Shares{{"shop", 0}}));
}

TEST(OldGeneration, APauseDoesNotKeepRequestsWaitingForWhomNobodyServes) {
  ServiceRules swapped = service_rules("shop");
  swapped.hold = HoldReason::asked;
  Harness holds(swapped);
  holds.build();
  holds.feed(PauseAsked{});
  holds.feed(CandidateReady{"shop"});
  EXPECT_EQ(holds.percent(), 100U);
  holds.bake();
  EXPECT_EQ(holds.name(), "shifting");  // there the pause holds it

  Harness crashes(service_rules("shop"));
  crashes.feed(PauseAsked{});
  crashes.get_ready();
  EXPECT_EQ(crashes.name(), "verifying");
  crashes.feed(OldCrashed{"shop"});
  EXPECT_EQ(crashes.percent(), 100U);
}

TEST(OldGeneration, APreviewOfOneServiceDoesNotKeepAnotherWaiting) {
  ServiceRules cart = service_rules("cart");
  cart.policy.preview = 10min;
  ServiceRules swapped = service_rules("shop");
  swapped.hold = HoldReason::asked;
  Harness rollout(Rules{{swapped, cart}, {}});
  rollout.get_ready();
  EXPECT_EQ(rollout.all<ApplyShare>().back().shares, (Shares{{"shop", 100}, {"cart", 5}}));
}

TEST(OldGeneration, OneThatCrashesWhileItGetsItsTrafficBackIsRestored) {
  Harness rollout(service_rules("shop"));
  rollout.get_ready();
  rollout.feed(AbortAsked{"ann", ""});
  rollout.feed(OldCrashed{"shop"});
  EXPECT_EQ(rollout.all<TakeBack>().back().restore, std::vector<std::string>{"shop"});
  rollout.apply();
  EXPECT_EQ(rollout.name(), "taking_back");
  rollout.feed(OldRestored{"shop"});
  EXPECT_EQ(rollout.name(), "taken_back");
}

}  // namespace
}  // namespace livefix::rollout
