#include "observe/record_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>

#include "observe/observe_harness.h"

namespace livefix::observe {
namespace {

using Ids = std::vector<std::uint64_t>;

TEST(RecordStore, GivesBackWhatItWasGiven) {
  Memory memory(64 << 10);
  RecordStore store(memory.bytes());
  const std::string large(10'000, 'x');
  EXPECT_TRUE(store.put(1, "one"));
  EXPECT_TRUE(store.put(2, large));
  EXPECT_FALSE(store.put(1, "twice"));
  EXPECT_EQ(store.get(1), "one");
  EXPECT_EQ(store.get(2), large);
  EXPECT_EQ(store.get(3), std::nullopt);
  store.remove(1);
  EXPECT_EQ(store.get(1), std::nullopt);
  EXPECT_EQ(store.ids(), Ids{2});
}

TEST(RecordStore, HasItAfterItsProcessWasKilled) {
  Memory memory(64 << 10);
  RecordStore(memory.bytes()).put(7, "seven");
  RecordStore second(memory.bytes());
  EXPECT_EQ(second.ids(), Ids{7});
  EXPECT_EQ(second.get(7), "seven");
  EXPECT_TRUE(second.put(8, std::string(5000, 'y')));
  EXPECT_EQ(second.get(7), "seven");
}

TEST(RecordStore, HoldsNoMoreThanItHasRoomFor) {
  Memory memory(64 << 10);
  RecordStore store(memory.bytes());
  std::uint64_t count = 0;
  while (store.put(count + 1, std::string(3000, 'z'))) ++count;
  EXPECT_GT(count, 15U);
  EXPECT_LT(count, 22U);
  EXPECT_FALSE(store.fits(3000));
  EXPECT_TRUE(store.could_fit(3000));
  EXPECT_FALSE(store.could_fit(64 << 10));
  store.remove(1);
  EXPECT_TRUE(store.put(count + 1, std::string(3000, 'z')));
}

TEST(RecordStore, IsOfNoUseWithoutMemory) {
  RecordStore store({});
  EXPECT_FALSE(store.could_fit(1));
  EXPECT_FALSE(store.put(1, "x"));
  EXPECT_TRUE(store.ids().empty());
}

// A page that was never used costs nothing only while nobody writes to it.
TEST(RecordStore, DoesNotTouchWhatItDoesNotNeed) {
  Memory memory(1 << 20);
  RecordStore store(memory.bytes());
  store.put(1, "one");
  const auto written =
      std::ranges::count_if(memory.words, [](std::uint64_t word) { return word != 0; });
  EXPECT_LT(written, 10);
}

TEST(RecordStore, DropsWhatMakesNoSense) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    Memory memory(32 << 10);
    {
      RecordStore store(memory.bytes());
      for (std::uint64_t id = 1; id < 6; ++id) store.put(id, std::string(id * 1500, 'a'));
    }
    for (int i = 0; i < 20; ++i) {
      memory.words[random() % 64] = random() % 3 == 0 ? random() : random() % 40;
    }
    RecordStore store(memory.bytes());
    for (const std::uint64_t id : store.ids()) EXPECT_TRUE(store.get(id));
    for (const std::uint64_t id : store.ids()) store.remove(id);
    // Everything is free again, and nothing belongs to two.
    EXPECT_TRUE(store.put(100, std::string(20'000, 'b')));
    EXPECT_EQ(store.get(100), std::string(20'000, 'b'));
  }
}

}  // namespace
}  // namespace livefix::observe
