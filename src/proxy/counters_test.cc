#include "proxy/counters.h"

#include <gtest/gtest.h>

#include <memory>

namespace livefix::proxy {
namespace {

class CountersTest : public testing::Test {
 protected:
  const std::unique_ptr<TrafficStats> stats_ = std::make_unique<TrafficStats>();
  WorkerCounters& worker_ = stats_->workers[0];
};

TEST_F(CountersTest, AGenerationFindsItsSlotAgain) {
  GenerationCounters& slot = claim_slot(worker_, UnitId{7});
  slot.requests = 3;
  claim_slot(worker_, UnitId{8});
  EXPECT_EQ(&claim_slot(worker_, UnitId{7}), &slot);
  EXPECT_EQ(slot.requests, 3U);
}

TEST_F(CountersTest, OneThatIsBusyKeepsItsSlotWhenManyComeAndGo) {
  GenerationCounters& slot = claim_slot(worker_, UnitId{1});
  slot.in_flight = 2;
  for (std::uint32_t id = 2; id < 10 * kGenerationSlots; ++id) claim_slot(worker_, UnitId{id});
  EXPECT_EQ(find_slot(worker_, UnitId{1}), &slot);
  EXPECT_EQ(slot.in_flight, 2U);
}

TEST_F(CountersTest, TheOldestIdleOneMakesRoomAndLeavesNothing) {
  for (std::uint32_t id = 1; id <= kGenerationSlots; ++id) {
    GenerationCounters& slot = claim_slot(worker_, UnitId{id});
    slot.requests = slot.lost = 9;
  }
  GenerationCounters& slot = claim_slot(worker_, UnitId{100});
  EXPECT_EQ(slot.requests + slot.lost, 0U);
  EXPECT_EQ(find_slot(worker_, UnitId{1}), nullptr);
  EXPECT_NE(find_slot(worker_, UnitId{2}), nullptr);
}

TEST_F(CountersTest, WhatADeadProxyHadIsLostButForTunnels) {
  GenerationCounters& slot = claim_slot(worker_, UnitId{1});
  slot.in_flight = 5;
  slot.tunnels = 2;
  worker_.held = 4;
  worker_.connections = 20;
  settle_gauges(*stats_);
  EXPECT_EQ(worker_.lost, 7U);
  EXPECT_EQ(slot.lost, 3U);
  EXPECT_EQ(slot.in_flight + slot.tunnels + worker_.held + worker_.connections, 0U);
  settle_gauges(*stats_);
  EXPECT_EQ(worker_.lost, 7U);
}

}  // namespace
}  // namespace livefix::proxy
