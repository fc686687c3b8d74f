#include "cli/top_reading.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

using namespace std::chrono_literals;

TEST(TopReading, IsMadeOfTheStatusOfOneService) {
  TopReading reading;
  ASSERT_TRUE(add_status(reading, R"({"service":"shop","uptime_ms":61000,"connections":3,"held":2,
      "generations":[{"id":3,"release":"dev-3","state":"serving","in_flight":2,"requests":100,
        "failed":1,"timeouts":2,"lost":3,"latency_us":{"p50":1280,"p99":8704},"age_ms":1000},
        {"id":4,"release":"dev-4","state":"starting","latency_us":null}],
      "last_change":{"ok":true,"message":"dev-3 serves\nmore"}})"));
  EXPECT_EQ(reading.run, "shop");
  EXPECT_EQ(reading.services, 1U);
  EXPECT_EQ(reading.uptime, 61s);
  EXPECT_EQ(reading.connections, 3);
  EXPECT_EQ(reading.held, 2);
  ASSERT_EQ(reading.generations.size(), 2U);
  const TopGeneration& one = reading.generations[0];
  EXPECT_EQ(one.service, "shop");
  EXPECT_EQ(one.requests, 100U);
  EXPECT_EQ(one.errors, 6U);
  EXPECT_EQ(one.p99, 8704us);
  EXPECT_FALSE(reading.generations[1].p50);
  EXPECT_EQ(reading.last_changes, std::vector<std::string>{"shop: dev-3 serves"});
}

TEST(TopReading, IsMadeOfTheStatusOfSeveral) {
  TopReading reading;
  ASSERT_TRUE(add_status(reading, R"({"run":"all","services":[
      {"service":"api","generations":[{"id":1}]},{"service":"web","generations":[{"id":2}]}]})"));
  EXPECT_EQ(reading.run, "all");
  EXPECT_EQ(reading.services, 2U);
  EXPECT_EQ(reading.generations.at(1).service, "web");
  EXPECT_FALSE(add_status(reading, "no JSON"));
  TopReading none;
  EXPECT_FALSE(add_status(none, "{}"));
}

TEST(TopReading, HasSymptomsAndRollouts) {
  TopReading reading;
  ASSERT_TRUE(add_symptoms(reading, R"({"symptoms":[{"id":"29ab674d34","service":"shop",
      "method":"POST","route":"/pay","status":502,"cause":"backend closed","error":"Error: no",
      "recent":412,"share":0.062,"since_release":"a1b2c3d"},{"id":"1","share":null}]})"));
  EXPECT_EQ(reading.symptoms.at(0).name, "POST /pay 502");
  EXPECT_EQ(reading.symptoms.at(0).why, "backend closed: Error: no");
  EXPECT_EQ(reading.symptoms.at(0).share, 0.062);
  EXPECT_FALSE(reading.symptoms.at(1).share);
  add_history(reading, R"({"ok":false,"message":"what runs here are no commits"})");
  EXPECT_FALSE(reading.has_rollouts);
  add_history(reading,
              R"({"running":{},"now":"7f3c2d1 by anna","rollouts":[{"id":12,"outcome":""}]})");
  EXPECT_TRUE(reading.has_rollouts);
  EXPECT_EQ(reading.now, "7f3c2d1 by anna");
  add_rollout(reading, R"({"id":12,"outcome":"","lines":["one\ntwo","three"]})");
  ASSERT_TRUE(reading.rollout);
  EXPECT_TRUE(is_under_way(*reading.rollout));
  EXPECT_EQ(reading.rollout->lines, (std::vector<std::string>{"one", "two", "three"}));
}

TEST(TopReading, LetsNothingActOnTheTerminal) {
  TopReading reading;
  ASSERT_TRUE(add_status(reading, R"({"service":"\u001b[2J","generations":[{"release":"\u0007",
      "state":"\u009b1m"}],"last_change":{"message":"\u001b]0;x\u0007"}})"));
  ASSERT_TRUE(
      add_symptoms(reading, R"({"symptoms":[{"id":"\u001b","method":"\u001b","route":"\u001b",
      "error":"\u001b\u202e","since_release":"\u001b"}]})"));
  add_history(reading, R"({"now":"\u001b","rollouts":[{"id":1,"commit":"\u001b","subject":"\u001b",
      "who":"\u001b","began":"\u001b","phase":"\u001b","gate":"\u001b","message":"\u001b"}]})");
  add_rollout(reading,
              R"({"id":1,"subject":"\u001b","lines":["\u001b[31m"],"symptoms":["\u001b"]})");
  add_routes(reading, R"({"routes":[{"method":"\u001b","route":"\u001b"}]})");
  std::string all = reading.run + reading.now;
  for (const auto& one : reading.generations) all += one.service + one.release + one.state;
  for (const auto& one : reading.last_changes) all += one;
  for (const auto& one : reading.symptoms) all += one.id + one.name + one.why + one.since_release;
  for (const auto& one : {reading.history.at(0), *reading.rollout}) {
    all += one.commit + one.subject + one.who + one.began + one.phase + one.gate + one.message;
    for (const auto& line : one.lines) all += line;
    for (const auto& line : one.symptoms) all += line;
  }
  for (const auto& one : reading.routes) all += one.method + one.route;
  for (const std::string_view bad : {"\x1b", "\x07", "\xc2\x9b", "\xe2\x80\xae"}) {
    EXPECT_EQ(all.find(bad), std::string::npos) << all;
  }
}

}  // namespace
}  // namespace livefix::cli
