#include "watch/burst.h"

#include <gtest/gtest.h>

namespace livefix::watch {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart{1h};

TEST(Burst, OfOneFileIsOverSoon) {
  Burst burst;
  EXPECT_FALSE(burst.due());
  burst.touch("a", kStart);
  burst.touch("a", kStart + 5ms);
  EXPECT_EQ(burst.due(), kStart + 13ms);
  EXPECT_EQ(burst.take(), std::set<std::string>{"a"});
  EXPECT_FALSE(burst.due());
}

TEST(Burst, OfManyFilesWaitsLonger) {
  Burst burst;
  burst.touch("a", kStart);
  burst.touch("b", kStart + 1ms);
  EXPECT_EQ(burst.due(), kStart + 31ms);
}

TEST(Burst, EndsEvenIfEventsDoNot) {
  Burst burst;
  for (auto at = 0ms; at < 995ms; at += 5ms) burst.touch("a", kStart + at);
  EXPECT_EQ(burst.due(), kStart + 998ms);
  burst.touch("a", kStart + 999ms);
  EXPECT_EQ(burst.due(), kStart + 1000ms);
  burst.take();
  burst.touch("a", kStart + 1005ms);
  EXPECT_EQ(burst.due(), kStart + 1013ms) << "the next burst counts from its own start";
}

TEST(Burst, WaitsForAFileThatIsBeingWritten) {
  Burst burst;
  burst.opened("a", kStart);
  EXPECT_EQ(burst.due(), kStart + 1s);
  burst.touch("a", kStart + 100ms);
  EXPECT_EQ(burst.due(), kStart + 108ms);
}

TEST(Burst, DoesNotWaitForWritersInADirectoryThatWentAway) {
  Burst burst;
  burst.opened("sub/a", kStart);
  burst.opened("subway", kStart);
  burst.closed_below("sub");
  EXPECT_EQ(burst.due(), kStart + 1s);
  burst.touch("subway", kStart);
  EXPECT_EQ(burst.due(), kStart + 30ms);
}

TEST(Burst, SettlesOnceAndAgainAfterAnotherEvent) {
  Burst burst;
  burst.touch("a", kStart);
  EXPECT_TRUE(burst.settle(kStart + 8ms));
  EXPECT_EQ(burst.due(), kStart + 58ms);
  EXPECT_FALSE(burst.settle(kStart + 58ms));
  burst.touch("a", kStart + 60ms);
  EXPECT_EQ(burst.due(), kStart + 68ms);
  EXPECT_TRUE(burst.settle(kStart + 68ms));
}

}  // namespace
}  // namespace livefix::watch
