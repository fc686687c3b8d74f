#include "cli/top_rates.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

using namespace std::chrono_literals;

class TopRatesTest : public ::testing::Test {
 protected:
  void take(Milliseconds at, std::vector<TopGeneration> generations) {
    TopReading reading;
    reading.at = TimePoint{} + 1h + at;
    reading.generations = std::move(generations);
    rates_.take(reading);
  }
  static TopGeneration counted(std::int64_t id, std::uint64_t requests, std::uint64_t errors = 0) {
    TopGeneration one;
    one.id = id;
    one.requests = requests;
    one.errors = errors;
    return one;
  }

  TopRates rates_;
};

TEST_F(TopRatesTest, AreDifferencesBySecond) {
  take(0s, {counted(1, 1000, 10)});
  EXPECT_FALSE(rates_.of(1)) << "one reading tells none";
  take(2s, {counted(1, 1200, 14)});
  ASSERT_TRUE(rates_.of(1));
  EXPECT_DOUBLE_EQ(rates_.of(1)->requests, 100);
  EXPECT_DOUBLE_EQ(rates_.of(1)->errors, 2);
  EXPECT_FALSE(rates_.of(2));
}

TEST_F(TopRatesTest, AreOfTheLastSeconds) {
  for (int second = 0; second <= 10; ++second) {
    take(std::chrono::seconds(second), {counted(1, second <= 5 ? 0 : 100U * (second - 5U))});
  }
  EXPECT_DOUBLE_EQ(rates_.of(1)->requests, 100);
  take(11s, {counted(1, 500)});
  EXPECT_NEAR(rates_.of(1)->requests, 200.0 / 3, 0.01);
}

TEST_F(TopRatesTest, OfANewGenerationBeginWithItsFirstReading) {
  take(0s, {counted(1, 10)});
  take(1s, {counted(1, 20), counted(2, 50)});
  ASSERT_TRUE(rates_.of(2));
  EXPECT_DOUBLE_EQ(rates_.of(2)->requests, 50);
}

TEST_F(TopRatesTest, BeginAnewWhenCountsFall) {
  take(0s, {counted(1, 1000)});
  take(1s, {counted(1, 30)});
  EXPECT_DOUBLE_EQ(rates_.of(1)->requests, 30) << "another one of that number";
}

TEST_F(TopRatesTest, OfTheLastMinuteAreInParts) {
  for (int second = 0; second <= 60; ++second) {
    const auto requests = second <= 30 ? 10U * static_cast<unsigned>(second) : 300U;
    take(std::chrono::seconds(second), {counted(1, requests)});
  }
  const auto minute = rates_.minute(1, 4);
  ASSERT_EQ(minute.size(), 4U);
  EXPECT_NEAR(minute[0], 10, 1e-6);
  EXPECT_NEAR(minute[1], 10, 1e-6);
  EXPECT_NEAR(minute[2], 0, 1e-6);
  EXPECT_NEAR(minute[3], 0, 1e-6);
  EXPECT_EQ(rates_.minute(7, 3), (std::vector<double>{0, 0, 0}));
  EXPECT_TRUE(rates_.minute(1, 0).empty());
}

TEST_F(TopRatesTest, ForgetWhatHasGone) {
  take(0s, {counted(1, 0)});
  take(1s, {counted(1, 10)});
  take(2s, {});
  EXPECT_FALSE(rates_.of(1));
}

TEST_F(TopRatesTest, OutlivePausesOfAnyLength) {
  take(0s, {counted(1, 0)});
  take(3600s, {counted(1, 3600)});
  EXPECT_DOUBLE_EQ(rates_.of(1)->requests, 1);
  EXPECT_NEAR(rates_.minute(1, 2)[1], 1, 1e-6);
}

}  // namespace
}  // namespace livefix::cli
