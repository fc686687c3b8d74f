#include "base/duration_text.h"

#include <gtest/gtest.h>

namespace livefix {
namespace {

using namespace std::chrono_literals;

TEST(DurationText, HasTwoDigitsThatCountAndTheUnitThatFits) {
  EXPECT_EQ(duration_text(0us), "0 ms");
  EXPECT_EQ(duration_text(-5ms), "0 ms");
  EXPECT_EQ(duration_text(96us), "96 us");
  EXPECT_EQ(duration_text(4'230us), "4.2 ms");
  EXPECT_EQ(duration_text(212ms), "212 ms");
  EXPECT_EQ(duration_text(1'000ms), "1 s");
  EXPECT_EQ(duration_text(1'449ms), "1.4 s");
  EXPECT_EQ(duration_text(12'345ms), "12 s");
  EXPECT_EQ(duration_text(60s), "1 min");
  EXPECT_EQ(duration_text(185s), "3 min 5 s");
  EXPECT_EQ(duration_text(1h), "1 h");
  EXPECT_EQ(duration_text(90min), "1 h 30 min");
}

TEST(DurationText, TwoDigitsAreRounded) {
  EXPECT_EQ(two_digits(0.0), "0");
  EXPECT_EQ(two_digits(0.0512), "0.051");
  EXPECT_EQ(two_digits(3.14159), "3.1");
  EXPECT_EQ(two_digits(12.0), "12");
}

}  // namespace
}  // namespace livefix
