#include "cli/count.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

TEST(Count, IsAWholeNumber) {
  EXPECT_EQ(*parse_count("1", 1), 1U);
  EXPECT_EQ(*parse_count("20", 1), 20U);
  EXPECT_EQ(*parse_count("0", 0), 0U);
  for (const char* text : {"", "0", "-1", "1.5", "2x", " 2", "99999999999999999999999"}) {
    const auto count = parse_count(text, 1);
    ASSERT_FALSE(count) << text;
    EXPECT_NE(count.error().message.find("is no number from 1 on"), std::string::npos);
  }
}

}  // namespace
}  // namespace livefix::cli
