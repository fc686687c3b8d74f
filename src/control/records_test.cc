#include "control/records.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

void survives(const Record& record) {
  const auto parsed = parse_record(kind_of(record), body_of(record));
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_TRUE(*parsed);
  EXPECT_EQ((*parsed)->index(), record.index());
  EXPECT_EQ(body_of(**parsed), body_of(record));
}

TEST(Records, AreReadAsTheyWereWritten) {
  survives(ReleaseRecord{
      2, "7f3c2d1e", "7f3c2d1", "/srv/releases/7f3c2d1", "fix: \"x\"\n", "Anna", {"shop"}});
  survives(RolloutRecord{3, 2, "7f3c2d1e", "fix", "a1b2c3d4", {"shop", "cart"}});
  survives(PhaseRecord{3, "shifting", "5 % of the traffic"});
  survives(PromotedRecord{3, 2, {"shop"}, Milliseconds{6100}, "live"});
  survives(FailedRecord{3, "taken_back", "errors", "errors 6.2 %", Milliseconds{1}});
  survives(RollbackRecord{4, 1, {"shop"}, "back"});
  survives(CommandRecord{3, "abort"});
  survives(CommandRecord{0, "reload", "shop, cart"});
  survives(
      CommandRecord{0, "token add", "ci (push)", "0123456789abcdef", 7, "2026-11-26T01:40:00Z"});
  survives(DriftRecord{2, "adopted", {"server.js", "lib/\"a\".js"}, "drift/7f3c2d1-1"});
  survives(SymptomsRecord{3, "promoted", {"POST /checkout 500: gone"}, {"29ab674d34"}});
}

TEST(Records, BytesThatAreNoTextBecomeText) {
  const Record record = PhaseRecord{1, "starting", "\xff\xfe"};
  const auto parsed = parse_record("phase", body_of(record));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(std::get<PhaseRecord>(**parsed).line, "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Records, AnotherKindIsNone) {
  const auto parsed = parse_record("swap", "{}");
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(*parsed);
}

TEST(Records, AnOlderLedgerKnowsNoArtifacts) {
  const Record record = ReleaseRecord{1, "abc", "abc", "/r/abc", "s", "a", {}, {"bin/shop:1"}};
  const auto body = body_of(record);
  const auto parsed = parse_record("release", body);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(std::get<ReleaseRecord>(**parsed).artifacts, std::vector<std::string>{"bin/shop:1"});
  const auto without = body.substr(0, body.find(R"(,"artifacts")")) + "}";
  const auto older = parse_record("release", without);
  ASSERT_TRUE(older) << older.error().message;
  EXPECT_TRUE(std::get<ReleaseRecord>(**older).artifacts.empty());
}

TEST(Records, ACommandOfAnOlderLedgerIsAsItWas) {
  constexpr std::string_view kOlder = R"({"rollout":3,"command":"abort"})";
  const auto parsed = parse_record("command", kOlder);
  ASSERT_TRUE(parsed) << parsed.error().message;
  const auto& command = std::get<CommandRecord>(**parsed);
  EXPECT_EQ(command.rollout, 3U);
  EXPECT_EQ(command.command, "abort");
  EXPECT_EQ(command.detail, "");
  EXPECT_EQ(body_of(command), kOlder) << "and older livefixes read newer ones";
  EXPECT_EQ(body_of(CommandRecord{0, "reload", "shop"}),
            R"({"rollout":0,"command":"reload","detail":"shop"})");
  EXPECT_FALSE(parse_record("command", R"({"rollout":0,"command":"stop","detail":7})"));
}

TEST(Records, WhatIsMissingIsNamed) {
  const auto parsed = parse_record("command", R"({"rollout":1})");
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().message.find("command"), std::string::npos);
  EXPECT_FALSE(parse_record("command", R"({"rollout":-1,"command":"abort"})"));
  EXPECT_FALSE(parse_record("command", "["));
}

}  // namespace
}  // namespace livefix::control
