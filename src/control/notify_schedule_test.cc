#include "control/notify_schedule.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

using namespace std::chrono_literals;

TEST(NotifySchedule, PausesGrowAndEnd) {
  const NotifySchedule schedule;
  EXPECT_EQ(schedule.pause_after(1, 0ms, 0), 1s);
  EXPECT_EQ(schedule.pause_after(2, 0ms, 0), 5s);
  EXPECT_EQ(schedule.pause_after(5, 0ms, 0), 10min);
  EXPECT_EQ(schedule.pause_after(6, 0ms, 0), std::nullopt);
  EXPECT_EQ(schedule.pause_after(0, 0ms, 0), std::nullopt);
}

TEST(NotifySchedule, APauseIsLongerByChanceAndNeverShorter) {
  const NotifySchedule schedule;
  EXPECT_EQ(schedule.pause_after(1, 0ms, 0.5), 1'100ms);
  EXPECT_EQ(schedule.pause_after(1, 0ms, 1), 1'200ms);
}

TEST(NotifySchedule, AReceiverMayAskForALongerPauseWithinABound) {
  const NotifySchedule schedule;
  EXPECT_EQ(schedule.pause_after(1, 20s, 1), 20s);
  EXPECT_EQ(schedule.pause_after(3, 20s, 0), 30s);
  EXPECT_EQ(schedule.pause_after(1, 24h, 0), 10min);
  EXPECT_EQ(schedule.pause_after(6, 20s, 0), std::nullopt);
}

TEST(SymptomRate, TellsOfEachOnceAnHour) {
  SymptomRate rate;
  const TimePoint start{24h};
  EXPECT_TRUE(rate.allows("a", start));
  EXPECT_FALSE(rate.allows("a", start + 59min));
  EXPECT_TRUE(rate.allows("b", start + 59min));
  EXPECT_TRUE(rate.allows("a", start + 60min));
}

TEST(SymptomRate, TellsOfTenAMinute) {
  SymptomRate rate;
  const TimePoint start{24h};
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(rate.allows(std::to_string(i), start));
  EXPECT_FALSE(rate.allows("one more", start + 59s));
  EXPECT_TRUE(rate.allows("one more", start + 60s)) << "it was not told of before";
}

}  // namespace
}  // namespace livefix::control
