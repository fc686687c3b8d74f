#include "control/unit_numbers.h"

#include <gtest/gtest.h>

#include <set>

namespace livefix::control {
namespace {

TEST(UnitNumbers, OfOneServiceAreOneTwoThree) {
  const UnitNumbers alone;
  EXPECT_EQ(alone.after(UnitId{0}), UnitId{1});
  EXPECT_EQ(alone.after(UnitId{7}), UnitId{8});
  EXPECT_EQ(alone.count(UnitId{0}), 0U);
  EXPECT_EQ(alone.count(UnitId{7}), 7U);
  EXPECT_TRUE(alone.has(UnitId{5}));
}

TEST(UnitNumbers, OfSeveralAreNeverTheSame) {
  std::set<UnitId> seen;
  for (std::uint32_t index = 0; index < 3; ++index) {
    const UnitNumbers numbers{index, 3};
    UnitId last{0};
    for (std::uint32_t i = 1; i <= 10; ++i) {
      last = numbers.after(last);
      EXPECT_GT(number(last), 0U);
      EXPECT_TRUE(seen.insert(last).second) << number(last);
      EXPECT_EQ(numbers.count(last), i);
      for (std::uint32_t other = 0; other < 3; ++other) {
        EXPECT_EQ((UnitNumbers{other, 3}.has(last)), other == index);
      }
    }
  }
}

TEST(UnitNumbers, GoOnBehindANumberOfAnotherService) {
  EXPECT_EQ((UnitNumbers{1, 3}.after(UnitId{6})), UnitId{7});
  EXPECT_EQ((UnitNumbers{0, 3}.after(UnitId{7})), UnitId{9});
}

}  // namespace
}  // namespace livefix::control
