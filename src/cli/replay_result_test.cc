#include "cli/replay_result.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

ReplayedRequest parsed_request(std::string_view json) {
  const auto line = parse_replay_line(json);
  EXPECT_TRUE(line);
  return line ? std::get<ReplayedRequest>(*line) : ReplayedRequest{};
}

TEST(ReplayResult, TellsStatusAndDifference) {
  const auto one = parsed_request(
      R"({"id":17,"method":"POST","target":"/checkout","status":500,"outcome":"fixed",
          "text":"TypeError gone","now":{"status":200,"ended":"200","took_ms":3.1}})");
  const std::string text = replayed_text(one);
  EXPECT_TRUE(text.starts_with("    17  POST   /checkout ")) << text;
  EXPECT_NE(text.find("  500 → 200         TypeError gone\n"), std::string::npos) << text;
}

TEST(ReplayResult, SaysWhyOneWasNotSent) {
  const auto unknown = parsed_request(R"({"id":9,"outcome":"not_sent","text":"it is not kept"})");
  EXPECT_EQ(replayed_text(unknown), "     9  not sent: it is not kept\n");
  const auto other = parsed_request(
      R"({"id":9,"method":"POST","target":"/pay","status":500,"outcome":"not_sent","text":"no"})");
  EXPECT_NE(replayed_text(other).find("POST   /pay"), std::string::npos);
  EXPECT_NE(replayed_text(other).find("not sent: no\n"), std::string::npos);
}

TEST(ReplayResult, NothingActsOnTheTerminal) {
  const auto one = parsed_request(
      R"({"id":1,"method":"GET","target":"/\u001b[2J","status":200,"outcome":"differs",
          "text":"line 1: \u001b[31m → x","now":{"ended":"200"}})");
  EXPECT_EQ(replayed_text(one).find('\x1b'), std::string::npos);
}

TEST(ReplayResult, CountsAtTheEnd) {
  const auto line = parse_replay_line(R"({"ok":true,"sent":3,"not_sent":1,"failing":2})");
  ASSERT_TRUE(line);
  const auto& totals = std::get<ReplayTotals>(*line);
  EXPECT_EQ(totals.sent, 3);
  EXPECT_EQ(totals.not_sent, 1);
  EXPECT_EQ(totals.failing, 2);
  EXPECT_FALSE(parse_replay_line("nonsense"));
}

}  // namespace
}  // namespace livefix::cli
