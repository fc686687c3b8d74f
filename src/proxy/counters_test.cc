#include "proxy/counters.h"

#include <gtest/gtest.h>

#include "os/shared_memory.h"

namespace livefix::proxy {
namespace {

class CountersTest : public ::testing::Test {
 protected:
  const os::Fd memory_ = std::move(*os::create_shared_memory("traffic", sizeof(TrafficStats)));
  const os::Mapping mapping_ =
      std::move(*os::Mapping::of(memory_, sizeof(TrafficStats), os::Mapping::Access::read_write));
  TrafficStats* const stats_ = static_cast<TrafficStats*>(mapping_.data());
  WorkerCounters& worker_ = stats_->workers[0];
};

TEST_F(CountersTest, AGenerationFindsItsSlotAgain) {
  GenerationCounters& slot = claim_slot(worker_, UnitId{7}, 0);
  slot.requests = 3;
  claim_slot(worker_, UnitId{8}, 0);
  EXPECT_EQ(&claim_slot(worker_, UnitId{7}, 0), &slot);
  EXPECT_EQ(slot.requests, 3U);
}

TEST_F(CountersTest, OneThatIsBusyKeepsItsSlotWhenManyComeAndGo) {
  GenerationCounters& slot = claim_slot(worker_, UnitId{1}, 0);
  slot.in_flight = 2;
  for (std::uint32_t id = 2; id < 10 * kGenerationSlots; ++id) claim_slot(worker_, UnitId{id}, 0);
  EXPECT_EQ(find_slot(worker_, UnitId{1}), &slot);
  EXPECT_EQ(slot.in_flight, 2U);
}

TEST_F(CountersTest, TheOldestIdleOneMakesRoomAndLeavesNothing) {
  for (std::uint32_t id = 1; id <= kGenerationSlots; ++id) {
    GenerationCounters& slot = claim_slot(worker_, UnitId{id}, 0);
    slot.requests = slot.timeouts = slot.lost = slot.abandoned = 9;
    latencies_of(worker_, slot).front() = latencies_of(worker_, slot).back() = id;
  }
  GenerationCounters& slot = claim_slot(worker_, UnitId{kGenerationSlots + 1}, 0);
  EXPECT_EQ(slot.requests + slot.timeouts + slot.lost + slot.abandoned, 0U);
  for (const auto& count : latencies_of(worker_, slot)) EXPECT_EQ(count, 0U);
  EXPECT_EQ(latencies_of(worker_, claim_slot(worker_, UnitId{2}, 0)).back(), 2U);
  EXPECT_EQ(find_slot(worker_, UnitId{1}), nullptr);
  EXPECT_NE(find_slot(worker_, UnitId{2}), nullptr);
}

TEST_F(CountersTest, WhatADeadProxyHadIsLostButForTunnels) {
  GenerationCounters& slot = claim_slot(worker_, UnitId{1}, 0);
  slot.in_flight = 5;
  slot.tunnels = 2;
  worker_.services[0].held = 4;
  worker_.connections = 20;
  settle_gauges(stats_->workers);
  EXPECT_EQ(worker_.services[0].lost, 7U);
  EXPECT_EQ(slot.lost, 3U);
  EXPECT_EQ(slot.in_flight + slot.tunnels + worker_.services[0].held + worker_.connections, 0U);
  settle_gauges(stats_->workers);
  EXPECT_EQ(worker_.services[0].lost, 7U);
}

TEST_F(CountersTest, WhatADeadProxyHadIsLostByTheServiceThatHadIt) {
  claim_slot(worker_, UnitId{1}, 0).in_flight = 2;
  claim_slot(worker_, UnitId{2}, 1).in_flight = 5;
  worker_.services[1].held = 1;
  worker_.services[kNoService].held = 9;
  settle_gauges(stats_->workers);
  EXPECT_EQ(worker_.services[0].lost, 2U);
  EXPECT_EQ(worker_.services[1].lost, 6U);
  EXPECT_EQ(worker_.services[kNoService].lost, 9U);
}

TEST_F(CountersTest, AnIndexThatIsNoneIsNobodys) {
  EXPECT_EQ(&counters_of(worker_, 70'000), &worker_.services[kNoService]);
}

}  // namespace
}  // namespace livefix::proxy
