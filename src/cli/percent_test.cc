#include "cli/percent.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

std::string refusal_of_text(std::string_view text) {
  const auto parsed = parse_percent(text);
  return parsed ? "accepted" : parsed.error().message;
}

TEST(ParsePercent, TakesNumbersWithASign) {
  EXPECT_EQ(parse_percent("5%").value(), 5.0);
  EXPECT_EQ(parse_percent("0%").value(), 0.0);
  EXPECT_EQ(parse_percent("0.5%").value(), 0.5);
  EXPECT_EQ(parse_percent("+0.5%").value(), 0.5);
  EXPECT_EQ(parse_percent("+100%").value(), 100.0);
}

TEST(ParsePercent, RefusesNumbersThatCouldBeAnything) {
  EXPECT_EQ(refusal_of_text("5"), "\"5\" has no percent sign; write \"5%\"");
  EXPECT_EQ(refusal_of_text("+0.005"), "\"+0.005\" has no percent sign; write \"+0.005%\"");
}

TEST(ParsePercent, RefusesWhatIsNoPercentage) {
  for (const auto* text : {"", "%", "+", "+%", "-1%", "++1%", "+-1%", "1 %", "1%%", "1e2%", "nan%",
                           "inf%", "0x10%", "five%", " 5%", "5ms"}) {
    EXPECT_EQ(refusal_of_text(text), fmt::format("\"{}\" is no percentage; write \"5%\"", text));
  }
}

}  // namespace
}  // namespace livefix::cli
