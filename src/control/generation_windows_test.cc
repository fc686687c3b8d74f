#include "control/generation_windows.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kBegin{1h};

Traffic::Counts counts(std::uint64_t answered, std::uint64_t failed = 0) {
  Traffic::Counts counts;
  counts.requests = answered;
  counts.answered = answered;
  counts.failed = failed;
  return counts;
}

TEST(GenerationWindows, AWindowIsWhatCameSinceItsReading) {
  GenerationWindows windows;
  windows.read(kBegin, counts(0), counts(1'000, 10));
  windows.read(kBegin + 10s, counts(50, 1), counts(1'900, 20));
  const WindowPair first = windows.since(kBegin, counts(80, 2), counts(2'000, 25));
  EXPECT_EQ(first.candidate.requests, 80U);
  EXPECT_EQ(first.old.requests, 1'000U);
  EXPECT_EQ(first.old.errors, 15U);
  const WindowPair second = windows.since(kBegin + 10s, counts(80, 2), counts(2'000, 25));
  EXPECT_EQ(second.candidate.requests, 30U);
  EXPECT_EQ(second.candidate.errors, 1U);
  EXPECT_EQ(second.old.requests, 100U);
}

TEST(GenerationWindows, ACountThatBeginsAnewForgetsWhatWasBefore) {
  GenerationWindows windows;
  windows.read(kBegin, counts(0), counts(1'000));
  windows.read(kBegin, counts(40, 40), counts(1'500, 60));
  const WindowPair pair = windows.since(kBegin, counts(50, 40), counts(1'700, 60));
  EXPECT_EQ(pair.candidate.requests, 10U);
  EXPECT_EQ(pair.candidate.errors, 0U);
  EXPECT_EQ(pair.old.requests, 200U);
}

// At 100 % the candidate is compared with what the old one did on the way there, all of it.
TEST(GenerationWindows, WhatTheOldOneDidLastStaysWhenItGetsNothing) {
  GenerationWindows windows;
  windows.read(kBegin, counts(0), counts(1'000));
  windows.old_gets_nothing(counts(1'500, 30));
  windows.read(kBegin + 10s, counts(500), counts(1'500, 30));
  const WindowPair last = windows.since(kBegin + 10s, counts(900, 4), counts(1'501, 31));
  EXPECT_EQ(last.candidate.requests, 400U);
  EXPECT_EQ(last.candidate.errors, 4U);
  EXPECT_EQ(last.old.requests, 500U);
  EXPECT_EQ(last.old.errors, 30U);
}

// steps = ["100%"]: they never shared the traffic.
TEST(GenerationWindows, WithoutASharedStepTheOldOneCountsFromTheBegin) {
  GenerationWindows windows;
  windows.begin(counts(1'000, 10));
  windows.old_gets_nothing(counts(1'500, 40));
  windows.read(kBegin, counts(0), counts(1'500, 40));
  const WindowPair pair = windows.since(kBegin, counts(90, 4), counts(1'500, 40));
  EXPECT_EQ(pair.candidate.requests, 90U);
  EXPECT_EQ(pair.old.requests, 500U);
  EXPECT_EQ(pair.old.errors, 30U);
}

TEST(GenerationWindows, ASharedStepCountsAndNotWhatWasBefore) {
  GenerationWindows windows;
  windows.begin(counts(1'000));
  windows.read(kBegin, counts(0), counts(1'400));
  windows.old_gets_nothing(counts(1'500));
  EXPECT_EQ(windows.since(kBegin, counts(90), counts(1'500)).old.requests, 100U);
}

TEST(GenerationWindows, WithoutAReadingBeforeThereIsNoLastWindow) {
  GenerationWindows windows;
  windows.old_gets_nothing(counts(1'500));
  windows.read(kBegin, counts(0), counts(1'500));
  EXPECT_EQ(windows.since(kBegin, counts(10), counts(1'500)).old.requests, 0U);
}

}  // namespace
}  // namespace livefix::control
