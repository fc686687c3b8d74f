#include "base/figures.h"

#include <gtest/gtest.h>

namespace livefix {
namespace {

TEST(Figures, AreShortAndExactEnough) {
  EXPECT_EQ(percent_text(0.0), "0 %");
  EXPECT_EQ(percent_text(0.005), "0.5 %");
  EXPECT_EQ(percent_text(0.0316), "3.2 %");
  EXPECT_EQ(percent_text(0.1234), "12 %");
  EXPECT_EQ(percent_text(1.0), "100 %");
  EXPECT_EQ(percent_text(0.00051), "0.051 %");
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(7'800), "7,800");
  EXPECT_EQ(count_text(1'234'567), "1,234,567");
  EXPECT_EQ(bytes_text(740'000), "740 kB");
  EXPECT_EQ(bytes_text(1'200'000'000), "1.2 GB");
}

}  // namespace
}  // namespace livefix
