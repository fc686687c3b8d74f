#include "rollout/gates.h"

#include <gtest/gtest.h>

#include "rollout/route_latency.h"

namespace livefix::rollout {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;

constexpr double kLimit = 0.005;

Window errors_in(std::uint64_t errors, std::uint64_t requests) {
  return {requests, errors, {}};
}

// `slow` requests of `slow_time`, the others of `time`.
Window times(std::uint64_t requests, microseconds time, std::uint64_t slow = 0,
             microseconds slow_time = 0us) {
  Window window{requests, 0, {}};
  const auto bucket = [](microseconds of) {
    return latency::bucket_of(static_cast<std::uint64_t>(of.count()));
  };
  window.latencies[bucket(time)] += requests - slow;
  window.latencies[bucket(slow_time)] += slow;
  return window;
}

Outcome by_errors(const Window& candidate, const Window& old) {
  return judge_errors(candidate, old, kLimit).outcome;
}

Outcome by_latency(const Window& candidate, const Window& old) {
  return judge_latency(candidate, old, 0.5).outcome;
}

TEST(ErrorGate, ManyGoodRequestsPass) {
  EXPECT_EQ(by_errors(errors_in(0, 1'000), errors_in(0, 20'000)), Outcome::pass);
  EXPECT_EQ(by_errors(errors_in(20, 10'000), errors_in(200, 100'000)), Outcome::pass);
}

TEST(ErrorGate, FewRequestsDecideNothing) {
  EXPECT_EQ(by_errors(errors_in(0, 0), errors_in(0, 5'000)), Outcome::undecided);
  EXPECT_EQ(by_errors(errors_in(0, 100), errors_in(0, 5'000)), Outcome::undecided);
  EXPECT_EQ(by_errors(errors_in(1, 1), errors_in(0, 5'000)), Outcome::undecided);
  EXPECT_EQ(by_errors(errors_in(2, 20), errors_in(0, 5'000)), Outcome::undecided);
}

TEST(ErrorGate, ManyMoreErrorsThanTheOldOneFail) {
  EXPECT_EQ(by_errors(errors_in(13, 412), errors_in(16, 7'800)), Outcome::fail);
  EXPECT_EQ(by_errors(errors_in(4, 4), errors_in(0, 5'000)), Outcome::fail);
}

TEST(ErrorGate, ErrorsThatBothHaveAreNobodysFault) {
  EXPECT_EQ(by_errors(errors_in(412, 412), errors_in(7'800, 7'800)), Outcome::pass);
  EXPECT_EQ(by_errors(errors_in(500, 10'000), errors_in(5'000, 100'000)), Outcome::pass);
}

TEST(ErrorGate, FewRequestsOfTheOldOneAreWeakCompany) {
  EXPECT_EQ(by_errors(errors_in(30, 412), errors_in(0, 3)), Outcome::undecided);
  EXPECT_EQ(by_errors(errors_in(30, 412), errors_in(0, 300)), Outcome::fail);
}

TEST(ErrorGate, AnOldOneWithoutRequestsIsTakenToMakeNoErrors) {
  EXPECT_EQ(by_errors(errors_in(0, 1'000), errors_in(0, 0)), Outcome::pass);
  EXPECT_EQ(by_errors(errors_in(30, 412), errors_in(0, 0)), Outcome::fail);
}

TEST(ErrorGate, AnErrorThatIsCountedBeforeItsRequestDoesNoHarm) {
  const ErrorJudgement judgement = judge_errors(errors_in(2, 1), errors_in(3, 2), kLimit);
  EXPECT_EQ(judgement.candidate, (Share{1, 1}));
  EXPECT_EQ(judgement.old, (Share{2, 2}));
}

TEST(LatencyGate, AsFastAsTheOldOnePasses) {
  EXPECT_EQ(by_latency(times(400, 20ms), times(8'000, 20ms)), Outcome::pass);
  EXPECT_EQ(by_latency(times(400, 25ms), times(8'000, 20ms)), Outcome::pass);
}

TEST(LatencyGate, TwiceAsSlowFailsAfterFewRequests) {
  EXPECT_EQ(by_latency(times(8, 40ms), times(8'000, 20ms)), Outcome::fail);
  EXPECT_EQ(by_latency(times(400, 20ms, 40, 200ms), times(8'000, 20ms)), Outcome::fail);
}

TEST(LatencyGate, ASlowRequestOrTwoDecideNothing) {
  EXPECT_EQ(by_latency(times(1, 2s), times(8'000, 20ms)), Outcome::undecided);
  EXPECT_EQ(by_latency(times(100, 20ms, 2, 2s), times(8'000, 20ms)), Outcome::undecided);
  EXPECT_EQ(by_latency(times(100, 20ms), times(8'000, 20ms)), Outcome::undecided);
}

TEST(LatencyGate, TheLongestOfFewIsNoP99) {
  // Three of ten may well be slow in the old one, too.
  EXPECT_EQ(by_latency(times(400, 20ms, 100, 2s), times(10, 20ms)), Outcome::undecided);
  EXPECT_EQ(by_latency(times(400, 20ms), times(99, 20ms)), Outcome::undecided);
  EXPECT_EQ(by_latency(times(400, 2s), times(60, 20ms)), Outcome::fail);
}

TEST(LatencyGate, WithoutAnOldOneNothingIsSlow) {
  EXPECT_EQ(by_latency(times(400, 20s), Window{}), Outcome::undecided);
}

TEST(LatencyGate, WhatTheHistogramCannotTellIsNotJudged) {
  EXPECT_EQ(by_latency(times(400, 100s), times(400, 60s)), Outcome::undecided);
}

TEST(LatencyGate, LessThanAMillisecondMoreIsNotSlow) {
  EXPECT_EQ(by_latency(times(400, 900us), times(8'000, 200us)), Outcome::pass);
  EXPECT_EQ(by_latency(times(400, 2ms), times(8'000, 200us)), Outcome::fail);
}

Window with_errors(Window window, std::uint64_t errors) {
  window.errors = errors;
  return window;
}

// The old one failed at once where the new one does its work.
TEST(LatencyGate, WhatWasMendedMayTakeItsTime) {
  const Window old = with_errors(times(660, 2ms), 66);
  const Window fix = times(650, 2ms, 60, 180ms);
  EXPECT_EQ(by_latency(fix, old), Outcome::pass);
  EXPECT_EQ(by_latency(fix, times(660, 2ms)), Outcome::fail) << "it mends nothing";
  EXPECT_EQ(by_latency(with_errors(fix, 65), old), Outcome::fail) << "as many errors as before";
  EXPECT_EQ(by_latency(times(650, 2ms, 300, 180ms), old), Outcome::fail) << "more than it mends";
  EXPECT_EQ(by_latency(times(650, 180ms), old), Outcome::fail);
}

TEST(LatencyGate, AFewErrorsMoreOrLessAreNoMending) {
  const Window old = with_errors(times(400, 2ms), 22);
  EXPECT_EQ(judge_latency(with_errors(times(400, 2ms), 20), old, 0.5).allowed, 0.01);
  EXPECT_EQ(judge_latency(times(4, 2ms), old, 0.5).allowed, 0.01);
  EXPECT_GT(judge_latency(times(400, 2ms), old, 0.5).allowed, 0.06);
}

TEST(Gates, AJudgementHoldsTheFiguresThatItIsMadeFrom) {
  RolloutPolicy policy;
  policy.max_p99 = 1.0;
  Window candidate = times(412, 20ms, 50, 200ms);
  candidate.errors = 13;
  const Judgement judgement = judge(candidate, times(7'800, 20ms), {}, policy);
  EXPECT_EQ(judgement.errors.candidate, (Share{13, 412}));
  EXPECT_EQ(judgement.errors.old, (Share{0, 7'800}));
  EXPECT_EQ(judgement.errors.limit, 0.005);
  EXPECT_EQ(judgement.latency.slow, (Share{50, 412}));
  EXPECT_EQ(judgement.latency.old_requests, 7'800U);
  EXPECT_EQ(judgement.latency.slow_from, judgement.latency.old_p99 * 2);
  EXPECT_FALSE(judgement.undecided());
}

}  // namespace
}  // namespace livefix::rollout
