#include "control/traffic.h"

#include <gtest/gtest.h>

#include <new>

#include "control/port_holder.h"
#include "os/tcp_listener.h"

namespace livefix::control {
namespace {

class TrafficTest : public testing::Test {
 protected:
  TrafficTest()
      : memory_(std::move(*os::create_shared_memory("statistics", sizeof(TrafficStats)))),
        mapping_(*os::Mapping::of(memory_, sizeof(TrafficStats), os::Mapping::Access::read_write)),
        stats_(*new(mapping_.data()) TrafficStats) {}

  GenerationCounters& slot(std::size_t worker, std::uint32_t generation) {
    auto& counters = stats_.workers[worker].generations[generation];
    counters.generation = generation;
    return counters;
  }

  os::Fd memory_;
  os::Mapping mapping_;
  TrafficStats& stats_;
};

TEST_F(TrafficTest, SumsOverWorkers) {
  slot(0, 3).requests = 5;
  slot(63, 3).requests = 7;
  slot(1, 4).requests = 100;
  stats_.workers[2].held = 9;
  const Traffic traffic(memory_);
  EXPECT_EQ(traffic.of(UnitId{3}).requests, 12U);
  EXPECT_EQ(traffic.of(UnitId{19}).requests, 0U) << "nobody counted any";
  EXPECT_EQ(traffic.totals().held, 9U);
}

TEST_F(TrafficTest, WhatIsLostIsToldOfAllThatEverWere) {
  slot(0, 1).lost = 4;
  stats_.workers[0].lost = 6;
  stats_.workers[3].lost = 1;
  const Traffic traffic(memory_);
  EXPECT_EQ(traffic.totals().lost, 7U);
}

TEST(TrafficWithoutMemory, IsNothing) {
  const Traffic traffic{os::Fd()};
  EXPECT_EQ(traffic.totals().lost, 0U);
  EXPECT_EQ(traffic.of(UnitId{1}).requests, 0U);
}

TEST(PortHolder, NamesTheProcess) {
  const auto listener = os::listen_tcp(Address::ipv4(127, 0, 0, 1, 0), {});
  ASSERT_TRUE(listener);
  const std::uint16_t port = os::local_address(listener->get())->port;
  EXPECT_NE(port_holder(port).find("(pid " + std::to_string(getpid()) + ")"), std::string::npos);
}

}  // namespace
}  // namespace livefix::control
