#include "control/failure_tally.h"

#include <gtest/gtest.h>

#include "model/grpc_status.h"

namespace livefix::control {
namespace {

constexpr UnitId kUnit{7};

class FailureTallyTest : public ::testing::Test {
 protected:
  RouteCount& route(const std::string& name, const std::string& method = "GET") {
    for (RouteCount& one : counts_) {
      if (one.route == name && one.method == method) return one;
    }
    counts_.push_back({});
    counts_.back().generation = kUnit;
    counts_.back().route = name;
    counts_.back().method = method;
    return counts_.back();
  }
  void fail(const std::string& name, std::uint64_t times, bool is_recorded,
            const std::string& status = "500") {
    route(name).statuses[status] += times;
    for (std::uint64_t i = 0; is_recorded && i < times; ++i) {
      tally_.recorded({kUnit, "GET", name}, std::stoi(status));
    }
  }
  FailureTally::Reading read() { return tally_.read(counts_, std::vector{kUnit}); }
  // Of all routes, in this reading and the one behind it.
  std::uint64_t missing() {
    std::uint64_t sum = 0;
    for (int readings = 0; readings < 3; ++readings) {
      for (const auto& one : read().missing) sum += one.count;
    }
    return sum;
  }

  std::vector<RouteCount> counts_;
  FailureTally tally_{[](UnitId, int status) { return status >= 500 || status == 409; }};
};

TEST_F(FailureTallyTest, TellsRequestsSinceTheLastReading) {
  route("/a").statuses["200"] = 100;
  EXPECT_TRUE(read().requests.empty()) << "where counting begins";
  route("/a").statuses["200"] = 130;
  route("/a").statuses["500"] = 2;
  const auto reading = read();
  ASSERT_EQ(reading.requests.size(), 1U);
  EXPECT_EQ(reading.requests[0].count, 32U);
  EXPECT_TRUE(read().requests.empty());
}

TEST_F(FailureTallyTest, WhatWasRecordedIsNotMissing) {
  read();
  fail("/a", 5, true);
  EXPECT_EQ(missing(), 0U);
}

TEST_F(FailureTallyTest, CallsOfGrpcThatFailedAreMissingByTheirCode) {
  read();
  route("/a").statuses["200"] += 9;  // with those that have failed
  route("/a").grpc_failures[13] += 3;
  route("/a").grpc_failures[14] += 1;
  tally_.recorded({kUnit, "GET", "/a"}, status_of_grpc_failure(13));
  tally_.recorded({kUnit, "GET", "/a"}, status_of_grpc_failure(14));
  EXPECT_EQ(read().requests[0].count, 9U);
  const auto reading = read();
  ASSERT_EQ(reading.missing.size(), 1U);
  EXPECT_EQ(reading.missing[0].status, status_of_grpc_failure(13));
  EXPECT_EQ(reading.missing[0].count, 2U);
}

TEST_F(FailureTallyTest, WhatNobodyHasRecordedIsMissingOneReadingLater) {
  read();
  fail("/a", 5, true);
  fail("/a", 3, false);
  EXPECT_TRUE(read().missing.empty()) << "its record may be on its way";
  const auto reading = read();
  ASSERT_EQ(reading.missing.size(), 1U);
  EXPECT_EQ(reading.missing[0].count, 3U);
  EXPECT_EQ(reading.missing[0].status, 500);
  EXPECT_EQ(missing(), 0U) << "it is told once";
}

TEST_F(FailureTallyTest, ARecordThatComesBetweenTwoReadingsIsInTime) {
  read();
  fail("/a", 1, false);
  read();
  tally_.recorded({kUnit, "GET", "/a"}, 500);
  EXPECT_EQ(missing(), 0U);
}

TEST_F(FailureTallyTest, WhatFailedBeforeItsBeginIsNotMissing) {
  fail("/a", 1'000, false);
  EXPECT_EQ(missing(), 0U);
}

TEST_F(FailureTallyTest, ARecordThatIsNeverCountedHidesNoFailure) {
  fail("/a", 1, true);
  read();
  for (int i = 0; i < 5; ++i) tally_.recorded({kUnit, "GET", "/a"}, 500);  // clients that left
  read();
  read();
  fail("/a", 4, false);
  EXPECT_EQ(missing(), 4U);
}

TEST_F(FailureTallyTest, ARouteWithoutARowIsCountedWithTheOthers) {
  read();
  for (const char* name : {"/a", "/b", "/c"}) tally_.recorded({kUnit, "GET", name}, 500);
  route("(other)", "any").statuses["500"] = 5;
  EXPECT_EQ(missing(), 2U);
}

TEST_F(FailureTallyTest, OnlyFailuresAreMissing) {
  read();
  fail("/a", 5, false, "404");
  fail("/a", 5, false, "5xx");
  EXPECT_EQ(missing(), 0U);
  fail("/a", 5, false, "409");
  EXPECT_EQ(missing(), 5U);
}

TEST_F(FailureTallyTest, AStrangersRoutesAreBounded) {
  read();
  for (std::size_t i = 0; i < 2 * FailureTally::kMostRows; ++i) {
    tally_.recorded({kUnit, "GET", std::to_string(i)}, 500);
  }
  route("(other)", "any").statuses["500"] = 2 * FailureTally::kMostRows;
  EXPECT_EQ(missing(), 0U) << "each of them was recorded";
}

}  // namespace
}  // namespace livefix::control
