#include "control/memory_gate.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

constexpr std::uint64_t kMega = 1U << 20;

TEST(MemoryGate, TheNewOneNeedsWhatTheOldOneHasAndATenth) {
  EXPECT_TRUE(judge_room(100 * kMega, os::MemoryRoom{500 * kMega, 110 * kMega}).enough);
  const auto little = judge_room(100 * kMega, os::MemoryRoom{500 * kMega, 110 * kMega - 1});
  EXPECT_FALSE(little.enough);
  EXPECT_EQ(little.figures, (rollout::MemoryFigures{110 * kMega, 110 * kMega - 1}));
}

TEST(MemoryGate, WhatIsNotKnownIsEnough) {
  EXPECT_TRUE(judge_room(100 * kMega, std::nullopt).enough);
  EXPECT_TRUE(judge_room(0, os::MemoryRoom{500 * kMega, 0}).enough);
  EXPECT_TRUE(judge_rest(std::nullopt).enough);
}

TEST(MemoryGate, WhileBothRunAFiftiethHasToBeLeft) {
  EXPECT_TRUE(judge_rest(os::MemoryRoom{500 * kMega, 10 * kMega}).enough);
  EXPECT_FALSE(judge_rest(os::MemoryRoom{500 * kMega, 10 * kMega - 1}).enough);
}

TEST(MemoryGate, OfALargeMachineNoMoreThanAFixedRest) {
  EXPECT_TRUE(judge_rest(os::MemoryRoom{64'000 * kMega, 32 * kMega}).enough);
  EXPECT_FALSE(judge_rest(os::MemoryRoom{64'000 * kMega, 31 * kMega}).enough);
}

}  // namespace
}  // namespace livefix::control
