#include "cli/service_status.h"

#include <gtest/gtest.h>

#include <array>

namespace livefix::cli {
namespace {

constexpr auto kStatusAnswer = R"({"service":"shop","title":"node server.js","keeper_pid":1,
  "takeover":"seccomp","takeover_reason":"","urls":["http://localhost:3000","http://localhost:3001"],
  "generations":[
   {"id":3,"release":"dev-3","state":"serving","pid":123,"pids":[123,124],"in_flight":2,
    "requests":100,"answered":98,"failed":1,"timeouts":1,"lost":0,"retried":0,
    "latency_us":{"p50":1280,"p99":1234500},"age_ms":12000},
   {"id":2,"release":"dev-2","state":"draining","pid":99,"pids":[],"in_flight":1,
    "requests":5500,"lost":0,"latency_us":null,"age_ms":185000}],
  "last_change":{"ok":true,"message":"src/cart.js saved"},"of a later version":{"x":[]}})";

TEST(ServiceStatus, IsShownAsATable) {
  const auto status = parse_status(kStatusAnswer);
  ASSERT_TRUE(status);
  EXPECT_EQ(
      status_table(std::span(&*status, 1)),
      "SERVICE  URL                    RELEASE  GENERATION  STATE     PIDS     IN FLIGHT  REQUESTS"
      "  FAILED  LOST    P50   P99     AGE\n"
      "shop     http://localhost:3000  dev-3             3  serving   123,124          2       100"
      "       2     0  1.3ms  1.2s     12s\n"
      "         http://localhost:3001  dev-2             2  draining  99               1      5500"
      "       0     0      -     -  3m 05s\n"
      "last change: src/cart.js saved\n");
}

TEST(ServiceStatus, ShowsAServiceWithoutProcesses) {
  const auto status = parse_status(R"({"service":"shop","takeover_reason":"no seccomp"})");
  ASSERT_TRUE(status);
  const auto table = status_table(std::span(&*status, 1));
  EXPECT_NE(table.find("no process"), std::string::npos) << table;
  EXPECT_NE(table.find("ports are not taken over: no seccomp\n"), std::string::npos) << table;
}

TEST(ServiceStatus, NamesThePageOfARunOnce) {
  const auto one = parse_status(R"({"service":"api","page":"http://127.0.0.1:4850/"})");
  const auto two = parse_status(R"({"service":"web","page":"http://127.0.0.1:4850/"})");
  ASSERT_TRUE(one && two);
  const auto table = status_table(std::array{*one, *two});
  const auto first = table.find("page: http://127.0.0.1:4850/\n");
  ASSERT_NE(first, std::string::npos) << table;
  EXPECT_EQ(table.find("page:", first + 1), std::string::npos) << table;
}

TEST(ServiceStatus, ShortensManyProcesses) {
  const auto status =
      parse_status(R"({"service":"s","generations":[{"release":"d","pids":[1,2,3,4,5,6]}]})");
  ASSERT_TRUE(status);
  EXPECT_NE(status_table(std::span(&*status, 1)).find("1,2,3,4,+2"), std::string::npos);
}

TEST(ServiceStatus, RefusesWhatIsNoStatus) {
  for (const auto* text : {"", "<html>", "[]", "{}", "{\"service\":3}", "{\"service\":\"\"}"}) {
    EXPECT_FALSE(parse_status(text)) << text;
  }
  const auto odd = parse_status(
      R"({"service":"s","urls":[1],"generations":[7,{"pids":["x"],"requests":"many","age_ms":-1,
         "latency_us":{"p50":"short","p99":1e300}}]})");
  ASSERT_TRUE(odd) << "wrong types are as good as missing";
  ASSERT_EQ(odd->generations.size(), 1U);
  EXPECT_EQ(odd->generations.front().latency->p50.count(), 0);
  EXPECT_EQ(odd->generations.front().latency->p99.count(), 0);
}

TEST(OutcomeStatus, SaysYesOrNo) {
  EXPECT_TRUE(parse_outcome(R"({"ok":true,"message":"m"})")->ok);
  EXPECT_EQ(parse_outcome(R"({"ok":false,"message":"m"})")->message, "m");
  EXPECT_FALSE(parse_outcome(R"({"message":"m"})"));
  EXPECT_FALSE(parse_outcome("no"));
}

}  // namespace
}  // namespace livefix::cli
