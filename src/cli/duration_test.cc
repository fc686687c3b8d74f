#include "cli/duration.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

using namespace std::chrono_literals;

TEST(Duration, IsReadWithItsUnit) {
  EXPECT_EQ(parse_duration("500ms").value(), 500ms);
  EXPECT_EQ(parse_duration("5s").value(), 5s);
  EXPECT_EQ(parse_duration("1.5s").value(), 1500ms);
  EXPECT_EQ(parse_duration("2m").value(), 2min);
  EXPECT_EQ(parse_duration("1h").value(), 1h);
  EXPECT_EQ(parse_duration("0s").value(), 0ms);
  EXPECT_EQ(parse_duration("24h").value(), 24h);
}

TEST(Duration, IsRefusedWithASentence) {
  const auto error = [](std::string_view text) {
    const auto parsed = parse_duration(text);
    return parsed ? std::string("accepted") : parsed.error().message;
  };
  EXPECT_EQ(error("5"), "\"5\" has no unit; write \"5s\" or \"500ms\"");
  EXPECT_EQ(error("soon"), "\"soon\" is no duration; write \"5s\" or \"500ms\"");
  EXPECT_EQ(error(""), "\"\" is no duration; write \"5s\" or \"500ms\"");
  EXPECT_EQ(error("-5s"), "\"-5s\" is no duration; write \"5s\" or \"500ms\"");
  EXPECT_EQ(error("inf"), "\"inf\" is no duration; write \"5s\" or \"500ms\"");
  EXPECT_EQ(error("5sec"), "\"5sec\" has the unknown unit \"sec\"; the units are ms, s, m and h");
  EXPECT_EQ(error("5 s"), "\"5 s\" has the unknown unit \" s\"; the units are ms, s, m and h");
  EXPECT_EQ(error("25h"), "\"25h\" is longer than a day");
  EXPECT_EQ(error("99999999999999999999h"), "\"99999999999999999999h\" is longer than a day");
}

TEST(Duration, OfAnAgeIsShort) {
  EXPECT_EQ(describe_age(999ms), "0s");
  EXPECT_EQ(describe_age(59s), "59s");
  EXPECT_EQ(describe_age(3min + 5s), "3m 05s");
  EXPECT_EQ(describe_age(2h + 9min), "2h 09m");
  EXPECT_EQ(describe_age(76h), "3d 4h");
  EXPECT_EQ(describe_age(-5s), "0s");
}

}  // namespace
}  // namespace livefix::cli
