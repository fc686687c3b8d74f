#include "rollout/phrases.h"

#include <gtest/gtest.h>

namespace livefix::rollout {
namespace {

using namespace std::chrono_literals;

const ErrorJudgement kErrors{Outcome::fail, {13, 412}, {16, 7'800}, 0.005};
const LatencyJudgement kLatency{Outcome::fail, {50, 412}, 315ms, 840ms, 210ms, 7'800, 0.5};

TEST(Phrases, AJudgementNamesFiguresAndLimit) {
  EXPECT_EQ(phrase(kErrors), "errors 3.2 % of 412 (old: 0.21 % of 7,800), limit old + 0.5 %");
  EXPECT_EQ(phrase(kLatency),
            "p99 840 ms of 412 (old: 210 ms of 7,800), limit old + 50 %: 12 % took longer than "
            "315 ms, 1 % may");
}

TEST(Phrases, TheRouteThatIsSlowIsNamed) {
  LatencyJudgement of_route = kLatency;
  of_route.route = "GET /cart/:id";
  EXPECT_TRUE(phrase(of_route).starts_with("GET /cart/:id: p99 840 ms of 412 (old: 210 ms"));
  LatencyJudgement together = kLatency;
  together.slow_from = {};
  EXPECT_TRUE(phrase(together).ends_with("12 % took longer than the limit of its route, 1 % may"));
}

TEST(Phrases, WhatAFixMayTakeLongerForIsNamed) {
  LatencyJudgement fix = kLatency;
  fix.allowed = 0.093;
  EXPECT_TRUE(phrase(fix).ends_with("12 % took longer than 315 ms, 9.3 % may")) << phrase(fix);
}

TEST(Phrases, WithoutAnOldOneThereIsNothingToAddTo) {
  EXPECT_EQ(phrase(ErrorJudgement{Outcome::fail, {13, 412}, {0, 0}, 0.005}),
            "errors 3.2 % of 412 (old: no requests), limit 0.5 %");
  EXPECT_EQ(phrase(LatencyJudgement{Outcome::undecided, {0, 412}, 0us, 20ms, 0us, 0, 0.5}),
            "p99 20 ms of 412 (old: no requests)");
  EXPECT_EQ(phrase(LatencyJudgement{}), "p99 unknown, no requests");
}

TEST(Phrases, AVerdictSaysWhatHappenedAndWhatToDo) {
  EXPECT_EQ(phrase(Verdict{"shop", NotBuilt{"npm ci exited with 1"}}),
            "shop did not build: npm ci exited with 1; fix it and push again");
  EXPECT_EQ(phrase(Verdict{"shop", NotHealthy{"503 Service Unavailable", 10s}}),
            "shop was not healthy after 10 s: 503 Service Unavailable; fix it and push again, or "
            "write a longer health.timeout");
  EXPECT_EQ(phrase(Verdict{"shop", NotHealthy{"", 10s}}),
            "shop was not healthy after 10 s: it did not answer; fix it and push again, or write a "
            "longer health.timeout");
  EXPECT_EQ(phrase(Verdict{"shop", Crashed{"was killed by SIGSEGV"}}),
            "the new shop was killed by SIGSEGV; fix it and push again");
  EXPECT_EQ(phrase(Verdict{"shop", TooManyErrors{5, kErrors}}),
            "shop with 5 % of the traffic: errors 3.2 % of 412 (old: 0.21 % of 7,800), limit old + "
            "0.5 %; fix it and push again, or write a higher max_error_rate");
  EXPECT_EQ(phrase(Verdict{"", NoMemory{{300'000'000, 120'000'000}}}),
            "there is no room for old and new at once: the new one needs about 300 MB, 120 MB are "
            "free; free some, or write plan = \"hold\" to stop the old one first");
  EXPECT_EQ(phrase(Verdict{"", Aborted{"ann", "wrong branch"}}),
            "ann aborted it: wrong branch; push again when it may go on");
  EXPECT_EQ(phrase(Verdict{"shop", TookTooLong{Stage::start, 2min}}),
            "shop was not ready after 2 min; push again");
}

TEST(Phrases, EveryVerdictHasWordsAndAnAdvice) {
  const Judgement figures{kErrors, kLatency};
  ReplayFigures replay;
  replay.breaking = "GET /cart/:id: 200 → 500";
  MirrorFigures mirrored;
  mirrored.breaking = replay.breaking;
  const std::vector<Grounds> all{NotLaidOut{"x"},
                                 NotBuilt{"x"},
                                 NoMemory{},
                                 NotStarted{"x"},
                                 NotHealthy{},
                                 FailsReplay{ReplayFault::breaks, replay},
                                 FailsMirror{MirrorFault::breaks, mirrored},
                                 Crashed{"x"},
                                 TooManyErrors{5, kErrors},
                                 TooSlow{5, kLatency},
                                 TooLittleTraffic{5, figures, 10s},
                                 TookTooLong{Stage::figures, 15s},
                                 NotRecorded{"x"},
                                 Aborted{"ann", ""},
                                 PusherGone{},
                                 PausedTooLong{1h},
                                 Interrupted{}};
  ASSERT_EQ(all.size(), std::variant_size_v<Grounds>);
  for (const Grounds& grounds : all) {
    const std::string text = phrase(Verdict{"shop", grounds});
    EXPECT_NE(text.find("; "), std::string::npos) << text;
    EXPECT_NE(text.back(), '.') << text;
    EXPECT_EQ(text.find("  "), std::string::npos) << text;
  }
}

ReplayFigures some_replay() {
  ReplayFigures figures;
  figures.failures = 14;
  figures.answered = {{200, 14}};
  figures.healthy = 120;
  figures.unchanged = 120;
  return figures;
}

TEST(Phrases, MirroringIsToldByWhatDiffers) {
  MirrorFigures figures;
  EXPECT_EQ(phrase(Progress{MirrorPassed{"", figures}}), "mirror  no live requests to compare");
  figures.requests = 214;
  figures.alike = 212;
  figures.differ = 2;
  figures.differences = {"GET /cart/:id: $.total: 12 → 13"};
  EXPECT_EQ(phrase(Progress{MirrorPassed{"shop", figures}}),
            "shop mirror  214 live requests → 212 alike, 2 differ\n"
            "    GET /cart/:id: $.total: 12 → 13");
  EXPECT_EQ(
      phrase(Verdict{"shop", FailsMirror{MirrorFault::differs, figures}}),
      "shop answers otherwise than the old one: GET /cart/:id: $.total: 12 → 13 (2 of 214 live "
      "requests); fix it and push again, or write mirror.answers = \"tell\"");
  figures.broken = 1;
  figures.breaking = "GET /cart/:id: 200 → 500";
  EXPECT_EQ(phrase(Verdict{"shop", FailsMirror{MirrorFault::breaks, figures}}),
            "shop fails where the old one does not: GET /cart/:id: 200 → 500 (1 of 214 live "
            "requests); fix it and push again, or write mirror.share = \"0%\"");
}

TEST(Phrases, AReplayIsToldByWhatBecameOfIt) {
  ReplayFigures figures = some_replay();
  EXPECT_EQ(phrase(Progress{ReplayPassed{"", figures}}),
            "replay  14 recorded failures → 14 answered 200 · 120 healthy samples → 120 unchanged");
  figures.answered = {{200, 11}, {404, 1}};
  figures.still_fail = 2;
  figures.failing = "GET /pay: 500";
  figures.unchanged = 119;
  figures.differ = 1;
  figures.differences = {"GET /cart/:id: $.total: 12 → 13"};
  figures.unasked = 3;
  EXPECT_EQ(
      phrase(Progress{ReplayPassed{"shop", figures}}),
      "shop replay  14 recorded failures → 11 answered 200, 1 answered 404, 2 still fail (GET "
      "/pay: 500) · 120 healthy samples → 119 unchanged, 1 differs · no time for 3 others\n"
      "    GET /cart/:id: $.total: 12 → 13");
}

TEST(Phrases, AReplayThatWasNotPassedNamesRouteAndSetting) {
  ReplayFigures figures = some_replay();
  figures.broken = 1;
  figures.breaking = "GET /cart/:id: 200 → 500";
  EXPECT_EQ(phrase(Verdict{"shop", FailsReplay{ReplayFault::breaks, figures}}),
            "shop fails where the old one does not: GET /cart/:id: 200 → 500 (1 of 120 healthy "
            "samples); fix it and push again, or write rollout.replay = \"off\"");
  figures.still_fail = 2;
  figures.failing = "GET /pay: 500";
  EXPECT_EQ(phrase(Verdict{"shop", FailsReplay{ReplayFault::still_fails, figures}}),
            "shop still fails with what was recorded: GET /pay: 500 (2 of 14 failures); fix it and "
            "push again, or write replay.failures = \"tell\"");
  figures.differ = 1;
  figures.differences = {"GET /cart/:id: $.total: 12 → 13"};
  EXPECT_EQ(phrase(Verdict{"shop", FailsReplay{ReplayFault::differs, figures}}),
            "shop answers otherwise than the old one: GET /cart/:id: $.total: 12 → 13 (1 of 120 "
            "healthy samples); fix it and push again, or write replay.healthy = \"tell\"");
}

TEST(Phrases, TheEndSaysWhatServesNow) {
  const Verdict verdict{"shop", Crashed{"exited with 1"}};
  EXPECT_EQ(phrase(Progress{EndedTakenBack{verdict, {}, {}}}),
            "taken back, the old one serves: the new shop exited with 1; fix it and push again");
  EXPECT_EQ(phrase(Progress{EndedTakenBack{verdict, {"shop"}, {}}}),
            "taken back, the old shop is not up again yet, livefix goes on trying: the new shop "
            "exited with 1; fix it and push again");
  EXPECT_EQ(
      phrase(Progress{EndedRefused{{"shop", NotBuilt{"exited with 1"}}}}),
      "refused, nothing was changed: shop did not build: exited with 1; fix it and push again");
  EXPECT_EQ(phrase(Progress{EndedPromoted{{"shop", "cart"}}}), "live: shop, cart");
}

TEST(Phrases, ProgressIsALineEach) {
  EXPECT_EQ(
      phrase(Progress{StartBegan{{"shop", "cart"}, {"cart"}}}),
      "starting shop, cart; requests for cart wait meanwhile, since the old one stops before the "
      "new one starts");
  EXPECT_EQ(phrase(Progress{ShareTaken{5, {{"shop", 5}, {"cart", 100}}}}),
            "traffic of the new: shop 5 %, cart 100 %");
  EXPECT_EQ(phrase(Progress{StepJudged{"shop", 100, {}}}),
            "shop · 100 % · no requests to judge by");
  Judgement judgement;
  judgement.errors = {Outcome::pass, {0, 412}, {484, 7'800}, 0.005};
  judgement.latency = {Outcome::undecided, {1, 412}, 30ms, 18ms, 17ms, 7'800, 0.5};
  EXPECT_EQ(
      phrase(Progress{StepJudged{"shop", 5, judgement}}),
      "shop · 5 % · 412 requests · errors 0 % (old: 6.2 %) · p99 18 ms (old: 17 ms) · too few "
      "to be sure");
  judgement.errors = {Outcome::pass, {0, 412}, {0, 0}, 0.005};
  judgement.latency = {Outcome::undecided, {0, 412}, 0us, 18ms, 0us, 0, 0.5};
  EXPECT_EQ(phrase(Progress{StepJudged{"shop", 100, judgement}}),
            "shop · 100 % · 412 requests · errors 0 % · p99 18 ms · no others to compare with");
  EXPECT_EQ(phrase(Progress{WaitsForTraffic{"shop", 5, 10min}}),
            "shop with 5 %: waiting up to 10 min for enough requests to judge by");
}

}  // namespace
}  // namespace livefix::rollout
