#include "control/timeline.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

constexpr UnixSecond kFirstSecond{std::chrono::seconds(1'000'000)};
constexpr UnitId kOldOne{3};
constexpr UnitId kNewOne{4};

Timeline::Reading seen_of(UnitId generation, std::uint64_t answered, std::uint64_t failed = 0,
                          std::uint64_t microseconds = 1'000) {
  Timeline::Reading reading{generation, "shop", "r" + std::to_string(number(generation)), {}};
  reading.counts.answered = answered;
  reading.counts.failed = failed;
  reading.counts.latencies[latency::bucket_of(microseconds)] = answered;
  return reading;
}

TEST(Timeline, ASecondHasWhatCameSinceTheOneBefore) {
  Timeline timeline;
  timeline.read(kFirstSecond, std::array{seen_of(kOldOne, 100, 50)});
  timeline.read(kFirstSecond + std::chrono::seconds(1), std::array{seen_of(kOldOne, 140, 60)});
  const auto all = timeline.since(UnixSecond{});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].points.empty()) << "of the time before nothing is known";
  ASSERT_EQ(all[1].points.size(), 1U);
  const TimelinePoint point = all[1].points[0];
  EXPECT_EQ(point.requests, 40U);
  EXPECT_EQ(point.failures, 10U);
  EXPECT_GE(point.p50, 1'000U);
  EXPECT_LE(point.p99, 1'152U);
  EXPECT_EQ(timeline.names().at(kOldOne).release, "r3");
}

TEST(Timeline, AGenerationThatComesLaterBeganAtNothing) {
  Timeline timeline;
  timeline.read(kFirstSecond, std::array{seen_of(kOldOne, 100)});
  timeline.read(kFirstSecond + std::chrono::seconds(1),
                std::array{seen_of(kOldOne, 100), seen_of(kNewOne, 7, 1)});
  const auto last = timeline.since(kFirstSecond);
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(
      last[0].points,
      (std::vector<TimelinePoint>{{kNewOne, 7, 1, last[0].points[0].p50, last[0].points[0].p99}}));
}

TEST(Timeline, TheSameSecondIsNotReadAgainAndNothingIsLost) {
  Timeline timeline;
  timeline.read(kFirstSecond, {});
  timeline.read(kFirstSecond + std::chrono::seconds(1), std::array{seen_of(kNewOne, 5)});
  timeline.read(kFirstSecond + std::chrono::seconds(1), std::array{seen_of(kNewOne, 9)});
  timeline.read(kFirstSecond + std::chrono::seconds(2), std::array{seen_of(kNewOne, 10)});
  const auto all = timeline.since(kFirstSecond);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].points[0].requests, 5U);
  EXPECT_EQ(all[1].points[0].requests, 5U);
}

TEST(Timeline, ForgetsWhatIsOlderThanAQuarterOfAnHour) {
  Timeline timeline;
  timeline.read(kFirstSecond, {});
  timeline.read(kFirstSecond + std::chrono::seconds(1), std::array{seen_of(kOldOne, 5)});
  for (int i = 2; i <= static_cast<int>(Timeline::kSeconds) + 1; ++i) {
    timeline.read(kFirstSecond + std::chrono::seconds(i),
                  std::array{seen_of(kNewOne, static_cast<std::uint64_t>(i))});
  }
  EXPECT_EQ(timeline.since(UnixSecond{}).size(), Timeline::kSeconds);
  EXPECT_FALSE(timeline.names().contains(kOldOne)) << "its last second is gone";
  EXPECT_TRUE(timeline.names().contains(kNewOne));
}

TEST(Timeline, OfManyGenerationsTheBusiestStay) {
  Timeline timeline;
  timeline.read(kFirstSecond, {});
  std::vector<Timeline::Reading> many;
  for (std::uint32_t i = 1; i <= 40; ++i) many.push_back(seen_of(UnitId{i}, i));
  timeline.read(kFirstSecond + std::chrono::seconds(1), many);
  const auto& points = timeline.since(kFirstSecond).front().points;
  EXPECT_EQ(points.size(), Timeline::kMostPoints);
  EXPECT_EQ(points.front().requests, 40U);
}

TEST(Timeline, AClockThatIsPutBackByHoursBeginsAnew) {
  Timeline timeline;
  timeline.read(kFirstSecond, {});
  timeline.read(kFirstSecond - std::chrono::hours(2), std::array{seen_of(kNewOne, 3)});
  EXPECT_EQ(timeline.since(UnixSecond{}).size(), 1U);
}

}  // namespace
}  // namespace livefix::control
