#include "cli/rollout_history.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

constexpr auto kHistory = R"({"running":{"shop":"aaaaaaaaaa"},"now":"","rollouts":[
{"id":4,"commit":"aaaaaaaaaa","subject":"one","who":"anna","began":"2026-11-26T10:00:02Z",
 "outcome":"promoted","rollback":true,"services":["shop"]},
{"id":3,"commit":"bbbbbbbbbb","subject":"fix\u001b[2J: it","who":"ben","began":"2026-11-26T10:00:01Z",
 "outcome":"taken_back","gate":"errors","took_ms":13400,"services":["shop"],"figures":[
  {"service":"shop","percent":50,"requests":412,"errors":13,"p99_us":18000,
   "old":{"requests":400,"errors":0,"p99_us":17000}}]},
{"id":2,"commit":"aaaaaaaaaa","subject":"one","who":"anna","began":"2026-11-26T10:00:00Z",
 "outcome":"promoted","services":["shop"]}]})";

TEST(RolloutHistory, TheTableMarksWhatRunsOnce) {
  const auto history = parse_history(kHistory);
  ASSERT_TRUE(history);
  const std::string table = history_table(*history, 20);
  EXPECT_NE(table.find("*    4  2026-11-26 10:00:02  aaaaaaa  rolled back"), std::string::npos)
      << table;
  EXPECT_NE(table.find("     3  2026-11-26 10:00:01  bbbbbbb  taken back (errors)  13 s  ben"),
            std::string::npos);
  EXPECT_NE(table.find("     2  2026-11-26 10:00:00  aaaaaaa  live"), std::string::npos);
}

TEST(RolloutHistory, TheTableFitsAHundredColumns) {
  RolloutSummary rollout;
  rollout.id = 1234;
  rollout.commit = "aaaaaaaaaa";
  rollout.subject = std::string(200, 's');
  rollout.who = std::string(100, 'w');
  rollout.began = "2026-11-26T10:00:02Z";
  rollout.gate = "errors";
  rollout.took = Milliseconds{125'000};
  for (const char* outcome : {"taken_back", "promoted", "refused"}) {
    rollout.outcome = outcome;
    if (rollout.outcome == "promoted") rollout.gate.clear();
    const std::string table = history_table({{}, {rollout}}, 20);
    const std::string row = table.substr(table.find('\n') + 1);
    EXPECT_LE(row.size(), 101U) << table;
    EXPECT_NE(row.find("2 min 5 s  wwwwwwwww...  sssss"), std::string::npos) << table;
  }
}

TEST(RolloutHistory, FiguresStandBelowTheirRollout) {
  const auto history = parse_history(kHistory);
  ASSERT_TRUE(history);
  const std::string table = history_table(*history, 20);
  EXPECT_NE(table.find("fix^[[2J: it\n"
                       "        shop · 50 % · 412 requests · errors 3.2 % (old: 0 %) · p99 18 ms "
                       "(old: 17 ms)\n"
                       "     2  2026-11-26"),
            std::string::npos)
      << table;
}

TEST(RolloutHistory, WhatStrangersWroteCannotActOnTheTerminal) {
  const auto history = parse_history(kHistory);
  ASSERT_TRUE(history);
  EXPECT_EQ(history_table(*history, 20).find('\x1b'), std::string::npos);
}

TEST(RolloutHistory, ShowsTheNewestOnly) {
  const auto history = parse_history(kHistory);
  ASSERT_TRUE(history);
  EXPECT_EQ(history_table(*history, 1).find("bbbbbbb"), std::string::npos);
  EXPECT_EQ(history_table({}, 1), "nothing was pushed yet\n");
}

TEST(RolloutHistory, OneRolloutHasItsLines) {
  const auto rollout = parse_rollout(
      R"({"id":3,"commit":"bbbb","subject":"fix","who":"ben","began":"2026-11-26T10:00:01Z",
"outcome":"refused","gate":"replay","took_ms":4200,"services":["shop","cart"],
"lines":["shop ready  12 ms","replay  1 differs\n    GET /cart: 12 → 13"],
"symptoms":["POST /checkout 500: 6.2 % → 0 % of 1,208 requests: gone"],
"figures":[{"service":"shop","percent":5,"requests":40,"errors":0,"p99_us":900,"old":null}],"message":"refused: a\n    b"})");
  ASSERT_TRUE(rollout);
  EXPECT_EQ(rollout_text(*rollout),
            "rollout 3  refused (replay)\n"
            "  commit    bbbb  fix\n"
            "  services  shop, cart\n"
            "  by        ben, 2026-11-26 10:00:01 UTC\n"
            "  took      4.2 s\n"
            "  figures   shop · 5 % · 40 requests · errors 0 % · p99 900 us\n"
            "  shop ready  12 ms\n"
            "  replay  1 differs\n"
            "      GET /cart: 12 → 13\n"
            "  refused: a\n"
            "      b\n"
            "  POST /checkout 500: 6.2 % → 0 % of 1,208 requests: gone\n");
}

TEST(RolloutHistory, WhatIsNoJsonIsAnError) {
  EXPECT_FALSE(parse_history("nothing"));
  EXPECT_FALSE(parse_rollout("[]"));
}

}  // namespace
}  // namespace livefix::cli
