#include "cli/log_line.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

constexpr auto kLine = R"({"event":"output","time":"2026-11-26T10:00:00.000Z","service":"shop",
"release":"7f3c2d1","generation":3,"stream":"stdout","line":"\u001b[32mopen\u001b[2J\r"})";

TEST(LogLines, AreReadByTheirKind) {
  const auto opening = parse_log(R"({"services":["api","web"]})");
  ASSERT_TRUE(opening);
  EXPECT_EQ(std::get<LogOpening>(*opening).services, 2U);
  const auto end = parse_log(R"({"ok":false,"message":"there is no service x"})");
  ASSERT_TRUE(end);
  EXPECT_FALSE(std::get<LogEnd>(*end).ok);
  EXPECT_EQ(std::get<LogEnd>(*end).message, "there is no service x");
  const auto newer = parse_log(R"({"event":"gap"})");
  ASSERT_TRUE(newer);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(*newer));
  EXPECT_FALSE(parse_log("open"));
}

TEST(LogLines, AreHarmlessOnATerminalAndAsTheyWereElsewhere) {
  const auto read = parse_log(kLine);
  ASSERT_TRUE(read);
  const auto& line = std::get<LogLine>(*read);
  EXPECT_EQ(log_text(line, {}, true), "\x1b[32mopen^[[2J\x1b[0m");
  EXPECT_EQ(log_text(line, {}, false), "\x1b[32mopen\x1b[2J\r");
}

TEST(LogLines, SayWhoseTheyAre) {
  const LogLine line{"shop", "7f3c2d1", "open"};
  EXPECT_EQ(log_text(line, {.service = true, .release = true}, true), "shop 7f3c2d1 | open");
  EXPECT_EQ(log_text(line, {.service = false, .release = true}, false), "7f3c2d1 | open");
}

}  // namespace
}  // namespace livefix::cli
