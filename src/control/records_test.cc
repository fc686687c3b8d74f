#include "control/records.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace livefix::control {
namespace {

using std::chrono::microseconds;

// Of the second one nothing was timed, and there was no other before.
const std::vector<RolloutFigures> kFigures{
    {"shop", 50, {412, 3, microseconds{18'432}}, GenerationFigures{398, 0, microseconds{17'000}}},
    {"cart", 100, {1, 1}}};

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
  survives(PromotedRecord{3, 2, {"shop", "cart"}, Milliseconds{1}, "live", kFigures});
  survives(RollbackRecord{4, 1, {"shop"}, "back"});
  survives(ServedRecord{4, Milliseconds{410}});
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

TEST(Records, FiguresAreAsTheyWereAndMayBeMissing) {
  const FailedRecord failed{3, "taken_back", "errors", "6 %", {}, kFigures};
  const auto parsed = parse_record("failed", body_of(failed));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(std::get<FailedRecord>(**parsed).figures, kFigures);
  const std::string older = body_of(FailedRecord{3, "taken_back", "errors", "6 %", {}});
  EXPECT_EQ(older.find("figures"), std::string::npos)
      << "as a livefix of before wrote it: " << older;
  const auto of_older = parse_record("failed", older);
  ASSERT_TRUE(of_older) << of_older.error().message;
  EXPECT_TRUE(std::get<FailedRecord>(**of_older).figures.empty());
}

TEST(Records, FiguresThatAreNoneAreNamed) {
  const auto with = [](std::string_view figures) {
    return parse_record(
        "failed", fmt::format(R"({{"rollout":3,"outcome":"taken_back","gate":"","message":"",)"
                              R"("took_ms":1,"figures":{}}})",
                              figures));
  };
  EXPECT_TRUE(with("[]"));
  constexpr std::string_view kGood =
      R"([{"service":"shop","percent":5,"requests":4,"errors":1,"p99_us":null,"old":null}])";
  EXPECT_TRUE(with(kGood));
  const auto without_old =
      with(R"([{"service":"shop","percent":5,"requests":4,"errors":1,"p99_us":null}])");
  ASSERT_FALSE(without_old);
  EXPECT_NE(without_old.error().message.find("figures"), std::string::npos);
  EXPECT_FALSE(with("7"));
  EXPECT_FALSE(with("[7]"));
  EXPECT_FALSE(
      with(R"([{"service":"shop","percent":5,"requests":-4,"errors":1,"p99_us":1,"old":null}])"));
  EXPECT_FALSE(
      with(R"([{"service":"shop","percent":5,"requests":4,"errors":1,"p99_us":1,"old":7}])"));
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
