#include "rollout/rollout_machine.h"

#include <gtest/gtest.h>

#include "rollout/rollout_harness.h"

namespace livefix::rollout {
namespace {

using namespace std::chrono_literals;

using Shares = std::vector<ServiceShare>;

TEST(Rollout, AGoodCandidateGetsAllStepByStepAndIsKept) {
  Harness rollout(service_rules("shop"));
  EXPECT_EQ(rollout.name(), "preparing");
  rollout.feed(LaidOut{});
  EXPECT_EQ(rollout.name(), "building");
  rollout.feed(Built{});
  EXPECT_EQ(rollout.all<CheckMemory>().size(), 1U);
  rollout.feed(MemoryChecked{});
  EXPECT_EQ(rollout.name(), "starting");
  rollout.feed(CandidateReady{"shop"});
  for (const std::uint32_t percent : {5U, 50U, 100U}) {
    EXPECT_EQ(rollout.name(), "shifting");
    EXPECT_EQ(rollout.percent(), percent);
    EXPECT_EQ(rollout.all<ApplyShare>().back().shares, (Shares{{"shop", percent}}));
    rollout.bake();
  }
  EXPECT_EQ(rollout.name(), "promoting");
  EXPECT_EQ(rollout.all<RetireOld>().size(), 0U);
  rollout.feed(Recorded{});
  EXPECT_EQ(rollout.name(), "promoted");
  EXPECT_EQ(rollout.all<RetireOld>().at(0).services.at(0).warm, 10min);
  EXPECT_EQ(rollout.said<StepJudged>(), 3U);
  EXPECT_EQ(rollout.said<EndedPromoted>(), 1U);
  EXPECT_FALSE(next_deadline(rollout.state(), rollout.rules()));
}

TEST(Rollout, IsLookedAtEverySecondOfAStepTheLastOneToo) {
  Harness rollout(service_rules("shop"));
  rollout.get_ready();
  rollout.bake();
  EXPECT_EQ(rollout.all<Measure>().size(), 10U);
  rollout.bake();
  rollout.apply();
  rollout.pass(9'999ms);
  EXPECT_EQ(rollout.name(), "shifting");
  rollout.pass(1ms);
  EXPECT_EQ(rollout.name(), "promoting");
  EXPECT_EQ(rollout.all<Measure>().size(), 30U);
}

TEST(Rollout, OneThatHasStartedNothingIsRefused) {
  Harness laid_out(service_rules("shop"));
  laid_out.feed(LayOutFailed{"no space left"});
  EXPECT_EQ(laid_out.name(), "refused");
  Harness built(service_rules("shop"));
  built.feed(LaidOut{});
  built.feed(BuildFailed{"shop", "exited with 1"});
  EXPECT_EQ(built.name(), "refused");
  EXPECT_EQ(built.gate(), "build");
  EXPECT_EQ(built.all<TakeBack>().size(), 0U);
  EXPECT_EQ(built.all<Discard>().size(), 1U);
}

TEST(Rollout, ACandidateThatFailsIsTakenBackAndTheOldOneKeepsAll) {
  Harness rollout(service_rules("shop"));
  rollout.build();
  rollout.feed(CandidateFailed{"shop", "exited with 1"});
  EXPECT_EQ(rollout.name(), "taking_back");
  EXPECT_EQ(rollout.all<TakeBack>().at(0).services, std::vector<std::string>{"shop"});
  EXPECT_EQ(rollout.all<ApplyShare>().at(0).shares, (Shares{{"shop", 0}}));
  rollout.apply();
  EXPECT_EQ(rollout.name(), "taken_back");
  EXPECT_EQ(rollout.gate(), "start");
}

TEST(Rollout, ManyErrorsTakeItBackBeforeTheStepIsOver) {
  Harness rollout(service_rules("shop"));
  rollout.get_ready();
  rollout.candidate = window_of(200, 20);
  rollout.apply();
  rollout.pass(1s);
  EXPECT_EQ(rollout.name(), "taking_back");
  EXPECT_EQ(rollout.gate(), "errors");
  const auto& why = std::get<TooManyErrors>(rollout.verdict()->grounds);
  EXPECT_EQ(why.percent, 5U);
  EXPECT_EQ(why.figures.candidate, (Share{20, 200}));
}

TEST(Rollout, OneThatIsSlowIsCountedAnewAndThenTakenBack) {
  Harness rollout(service_rules("shop"));
  rollout.get_ready();
  rollout.candidate = window_of(200, 0, 200ms);
  rollout.bake();
  EXPECT_EQ(rollout.name(), "shifting");
  EXPECT_EQ(rollout.said<LooksAgain>(), 1U);
  rollout.pass(9'999ms);
  EXPECT_EQ(rollout.name(), "shifting");
  rollout.pass(1ms);
  EXPECT_EQ(rollout.name(), "taking_back");
  EXPECT_EQ(rollout.gate(), "p99");
}

TEST(Rollout, OneThatWasWarmingUpGoesOn) {
  Harness rollout(service_rules("shop"));
  rollout.get_ready();
  rollout.candidate = window_of(200, 0, 200ms);
  rollout.bake();
  rollout.candidate = window_of(1'000, 0);
  rollout.pass(10s);
  EXPECT_EQ(rollout.percent(), 50U);
}

TEST(Rollout, FiguresOfAnotherTimeAreOfNoUse) {
  Harness rollout(service_rules("shop"));
  rollout.get_ready();
  rollout.apply();
  rollout.feed(Measured{"shop", rollout.now() - 1s, window_of(200, 200), window_of(1'000, 0)});
  EXPECT_EQ(rollout.name(), "shifting");
}

TEST(Rollout, WithoutFiguresItDoesNotGoOn) {
  Harness rollout(service_rules("shop"));
  rollout.get_ready();
  rollout.answers = false;
  rollout.bake();
  EXPECT_EQ(rollout.percent(), 5U);
  rollout.pass(15s);
  EXPECT_EQ(rollout.name(), "taking_back");
  EXPECT_EQ(rollout.gate(), "time");
}

TEST(Rollout, ThePolicySaysWhatLittleTrafficMeans) {
  const auto with = [](LittleTraffic little) {
    ServiceRules rules = service_rules("shop");
    rules.policy.little_traffic = little;
    Harness rollout(rules);
    rollout.get_ready();
    rollout.candidate = window_of(3, 0);
    return rollout;
  };
  Harness goes_on = with(LittleTraffic::go_on);
  goes_on.bake();
  EXPECT_EQ(goes_on.percent(), 50U);

  Harness refuses = with(LittleTraffic::refuse);
  refuses.bake();
  EXPECT_EQ(refuses.gate(), "little_traffic");

  Harness waits = with(LittleTraffic::wait);
  waits.bake();
  waits.pass(5min);
  EXPECT_EQ(waits.percent(), 5U);
  EXPECT_EQ(waits.said<WaitsForTraffic>(), 1U);
  waits.candidate = window_of(1'000, 0);
  waits.pass(1s);
  EXPECT_EQ(waits.percent(), 50U);

  Harness in_vain = with(LittleTraffic::wait);
  in_vain.bake();
  in_vain.pass(10min);
  EXPECT_EQ(in_vain.gate(), "little_traffic");
}

TEST(Rollout, AFirstReleaseGetsAllAtOnceAndIsWatched) {
  ServiceRules rules = service_rules("shop");
  rules.has_old = false;
  Harness rollout(rules);
  rollout.old = Window{};
  rollout.get_ready();
  EXPECT_EQ(rollout.percent(), 100U);
  rollout.apply();
  rollout.pass(9s);
  EXPECT_EQ(rollout.name(), "shifting");
  rollout.pass(1s);
  rollout.feed(Recorded{});
  EXPECT_EQ(rollout.name(), "promoted");
  EXPECT_EQ(rollout.all<RetireOld>().size(), 0U);
}

TEST(Rollout, ServicesMoveTogetherByTheStepsOfAll) {
  ServiceRules shop = service_rules("shop");
  ServiceRules cart = service_rules("cart");
  ServiceRules fresh = service_rules("fresh");
  cart.policy.steps = {20, 100};
  cart.policy.bake = 30s;
  fresh.has_old = false;
  Harness rollout(Rules{{shop, cart, fresh}, {}});
  rollout.build();
  rollout.feed(CandidateReady{"shop"});
  rollout.feed(CandidateReady{"fresh"});
  EXPECT_EQ(rollout.name(), "starting");
  rollout.feed(CandidateReady{"cart"});
  EXPECT_EQ(rollout.all<ApplyShare>().back().shares,
            (Shares{{"shop", 5}, {"cart", 5}, {"fresh", 100}}));
  for (const std::uint32_t percent : {5U, 20U, 50U, 100U}) {
    EXPECT_EQ(rollout.percent(), percent);
    rollout.apply();
    rollout.pass(30s);
  }
  EXPECT_EQ(rollout.all<Promote>().at(0).services.size(), 3U);
}

TEST(Rollout, OneBadServiceTakesAllBack) {
  Harness rollout(Rules{{service_rules("shop"), service_rules("cart")}, {}});
  rollout.get_ready();
  rollout.apply();
  rollout.feed(CandidateCrashed{"cart", "was killed by SIGSEGV"});
  EXPECT_EQ(rollout.gate(), "crash");
  EXPECT_EQ(rollout.all<TakeBack>().at(0).services.size(), 2U);
  EXPECT_EQ(rollout.all<ApplyShare>().back().shares, (Shares{{"shop", 0}, {"cart", 0}}));
}

TEST(Rollout, HealthIsAskedUntilItIsGood) {
  ServiceRules rules = service_rules("shop");
  rules.policy.health = HealthCheck{"/healthz", 10s};
  Harness rollout(rules);
  rollout.get_ready();
  EXPECT_EQ(rollout.name(), "verifying");
  rollout.feed(HealthAnswered{"shop", false, "503"});
  rollout.pass(499ms);
  EXPECT_EQ(rollout.all<CheckHealth>().size(), 1U);
  rollout.pass(1ms);
  EXPECT_EQ(rollout.all<CheckHealth>().size(), 2U);
  rollout.feed(HealthAnswered{"shop", true, "200"});
  EXPECT_EQ(rollout.percent(), 5U);

  Harness ill(rules);
  ill.get_ready();
  ill.feed(HealthAnswered{"shop", false, "503"});
  ill.pass(10s);
  EXPECT_EQ(ill.gate(), "health");
  EXPECT_EQ(std::get<NotHealthy>(ill.verdict()->grounds).what, "503");
}

TEST(Rollout, APauseHoldsTheShareAndTheGatesGoOn) {
  Harness rollout(service_rules("shop"));
  rollout.get_ready();
  rollout.apply();
  rollout.feed(PauseAsked{});
  rollout.pass(5min);
  EXPECT_EQ(rollout.percent(), 5U);
  rollout.feed(ResumeAsked{});
  rollout.pass(1s);
  EXPECT_EQ(rollout.percent(), 50U);
  rollout.feed(PauseAsked{});
  rollout.apply();
  rollout.candidate = window_of(200, 20);
  rollout.pass(1s);
  EXPECT_EQ(rollout.gate(), "errors");
}

TEST(Rollout, APauseIsNoPartOfThePatienceForTraffic) {
  ServiceRules rules = service_rules("shop");
  rules.policy.little_traffic = LittleTraffic::wait;
  Harness rollout(rules);
  rollout.get_ready();
  rollout.candidate = window_of(3, 0);
  rollout.bake();
  rollout.pass(5min);
  rollout.feed(PauseAsked{});
  rollout.pass(30min);
  rollout.feed(ResumeAsked{});
  rollout.pass(9min + 59s);
  EXPECT_EQ(rollout.name(), "shifting");
  rollout.pass(1s);
  EXPECT_EQ(rollout.gate(), "little_traffic");
}

TEST(Rollout, APauseBeforeTheFirstStepKeepsTheCandidateWithoutTraffic) {
  Harness rollout(service_rules("shop"));
  rollout.feed(PauseAsked{});
  rollout.get_ready();
  EXPECT_EQ(rollout.name(), "verifying");
  EXPECT_EQ(rollout.all<ApplyShare>().size(), 0U);
  rollout.feed(ResumeAsked{});
  EXPECT_EQ(rollout.percent(), 5U);
}

TEST(Rollout, AForgottenPauseEnds) {
  Harness rollout(service_rules("shop"));
  rollout.feed(PauseAsked{});
  rollout.get_ready();
  rollout.pass(1h);
  EXPECT_EQ(rollout.gate(), "pause");
}

TEST(Rollout, PromoteSkipsStepsAndBakeAndNoOtherGate) {
  ServiceRules rules = service_rules("shop");
  rules.policy.health = HealthCheck{"/healthz"};
  Harness rollout(rules);
  rollout.feed(PromoteAsked{});
  rollout.get_ready();
  EXPECT_EQ(rollout.name(), "verifying");
  rollout.feed(HealthAnswered{"shop", true, "200"});
  EXPECT_EQ(rollout.percent(), 100U);
  rollout.apply();
  EXPECT_EQ(rollout.name(), "promoting");

  Harness shifting(service_rules("shop"));
  shifting.get_ready();
  shifting.apply();
  shifting.feed(PromoteAsked{});
  EXPECT_EQ(shifting.percent(), 100U);
  shifting.feed(CandidateCrashed{"shop", "exited with 1"});
  EXPECT_EQ(shifting.name(), "taking_back");
}

TEST(Rollout, OfPromoteAndPauseTheLastWordCounts) {
  Harness rollout(service_rules("shop"));
  rollout.feed(PromoteAsked{});
  rollout.feed(PauseAsked{});
  rollout.get_ready();
  EXPECT_EQ(rollout.name(), "verifying");
  rollout.feed(ResumeAsked{});
  EXPECT_EQ(rollout.percent(), 5U);
}

TEST(Rollout, ALateAcknowledgementIsToldFromTheOneThatIsAwaited) {
  Harness rollout(service_rules("shop"));
  rollout.get_ready();
  const ShareOrder first = rollout.state().last_order;
  rollout.feed(OldCrashed{"shop"});
  rollout.feed(ShareApplied{first});
  EXPECT_FALSE(rollout.is_baking());
  rollout.apply();
  EXPECT_TRUE(rollout.is_baking());
}

TEST(Rollout, WhileTheDecisionIsRecordedOnlyItsOutcomeCounts) {
  Harness rollout(service_rules("shop"));
  rollout.feed(PromoteAsked{});
  rollout.get_ready();
  rollout.apply();
  rollout.feed(AbortAsked{"ann", "no"});
  rollout.feed(PusherLeft{});
  rollout.feed(CandidateCrashed{"shop", "exited with 1"});
  rollout.pass(24h);
  EXPECT_EQ(rollout.name(), "promoting");
  EXPECT_EQ(rollout.said<AbortIsLate>(), 1U);
  rollout.feed(RecordFailed{"disk full"});
  EXPECT_EQ(rollout.name(), "taking_back");
  EXPECT_EQ(rollout.gate(), "record");
}

TEST(Rollout, AfterACrashOfControlItIsTakenBackUnlessItIsDecided) {
  Harness early(service_rules("shop"));
  early.come_back();
  EXPECT_EQ(early.name(), "refused");

  Harness shifting(service_rules("shop"));
  shifting.get_ready();
  shifting.bake();
  shifting.come_back();
  EXPECT_EQ(shifting.name(), "taking_back");
  EXPECT_EQ(shifting.gate(), "interrupted");
  shifting.come_back();
  EXPECT_EQ(shifting.all<TakeBack>().size(), 2U);
  shifting.apply();
  EXPECT_EQ(shifting.name(), "taken_back");

  Harness promoting(service_rules("shop"));
  promoting.feed(PromoteAsked{});
  promoting.get_ready();
  promoting.apply();
  promoting.come_back();
  EXPECT_EQ(promoting.all<Promote>().size(), 2U);
  EXPECT_EQ(promoting.name(), "promoting");
}

}  // namespace
}  // namespace livefix::rollout
