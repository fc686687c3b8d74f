#include "control/traffic.h"

#include <gtest/gtest.h>

#include "control/port_holder.h"
#include "os/tcp_listener.h"

namespace livefix::control {
namespace {

class TrafficTest : public ::testing::Test {
 protected:
  TrafficTest()
      : memory_(std::move(*os::create_shared_memory("statistics", sizeof(TrafficStats)))),
        mapping_(*os::Mapping::of(memory_, sizeof(TrafficStats), os::Mapping::Access::read_write)),
        stats_(*static_cast<TrafficStats*>(mapping_.data())) {}

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
  stats_.workers[2].services[0].held = 9;
  const Traffic traffic(memory_);
  EXPECT_EQ(traffic.of(UnitId{3}).requests, 12U);
  EXPECT_EQ(traffic.of(UnitId{19}).requests, 0U) << "nobody counted any";
  EXPECT_EQ(traffic.totals().held, 9U);
}

TEST_F(TrafficTest, SumsTimesOverWorkers) {
  const std::size_t quick = latency::bucket_of(1'000);
  slot(0, 3);
  slot(5, 3);
  stats_.workers[0].latencies[3][quick] = 2;
  stats_.workers[5].latencies[3][quick] = 1;
  stats_.workers[5].latencies[3].back() = 4;
  stats_.workers[5].latencies[4].back() = 100;  // somebody else's
  const latency::Counts sum = Traffic(memory_).of(UnitId{3}).latencies;
  EXPECT_EQ(sum[quick], 3U);
  EXPECT_EQ(sum.back(), 4U);
  EXPECT_EQ(latency::total(sum), 7U);
}

TEST_F(TrafficTest, TwoReadingsAreAWindow) {
  auto& counters = slot(0, 3);
  auto& times = stats_.workers[0].latencies[3];
  counters.requests = counters.answered = 100;
  counters.failed = 7;
  times[20] = 100;
  const Traffic traffic(memory_);
  const auto earlier = traffic.of(UnitId{3});
  counters.requests = 113;
  counters.answered = 107;
  counters.failed = 9;
  counters.timeouts = counters.lost = counters.abandoned = 1;
  counters.in_flight = 3;
  times[20] = 104;
  times[40] = 3;
  const auto window = traffic.of(UnitId{3}).since(earlier);
  EXPECT_EQ(window.requests, 13U);
  EXPECT_EQ(window.ended(), 10U);
  EXPECT_EQ(window.errors(), 5U);
  EXPECT_EQ(window.in_flight, 3U);
  EXPECT_EQ(window.latencies[20], 4U);
  EXPECT_EQ(window.latencies[40], 3U);
}

TEST_F(TrafficTest, AWindowIsNeverLessThanNothing) {
  auto& counters = slot(0, 3);
  counters.requests = counters.answered = 100;
  stats_.workers[0].latencies[3][20] = 100;
  const Traffic traffic(memory_);
  const auto earlier = traffic.of(UnitId{3});
  counters.requests = counters.answered = 2;
  stats_.workers[0].latencies[3][20] = 2;
  const auto window = traffic.of(UnitId{3}).since(earlier);
  EXPECT_EQ(window.ended(), 0U);
  EXPECT_EQ(latency::total(window.latencies), 0U);
  // Read between an answer and its failure, and again.
  counters.answered = 101;
  const auto between = traffic.of(UnitId{3});
  counters.failed = 1;
  EXPECT_LE(traffic.of(UnitId{3}).since(between).errors(), 0U);
}

TEST_F(TrafficTest, WhatIsLostIsToldOfAllThatEverWere) {
  slot(0, 1).lost = 4;
  stats_.workers[0].services[0].lost = 6;
  stats_.workers[3].services[0].lost = 1;
  const Traffic traffic(memory_);
  EXPECT_EQ(traffic.totals().lost, 7U);
}

TEST_F(TrafficTest, AServiceHasItsOwn) {
  stats_.workers[0].services[0].lost = 4;
  stats_.workers[1].services[1].lost = 1;
  stats_.workers[1].services[1].shed = 2;
  stats_.workers[1].refused = 30;
  slot(0, 6).in_flight = 5;
  slot(0, 7).in_flight = 3;
  slot(0, 7).service = 1;
  slot(0, 7).tunnels = 2;
  const Traffic traffic(memory_, 2);
  EXPECT_EQ(traffic.of_service(0).lost, 4U);
  EXPECT_EQ(traffic.of_service(0).in_flight, 5U);
  EXPECT_EQ(traffic.of_service(1).lost, 1U);
  EXPECT_EQ(traffic.of_service(1).shed, 2U);
  EXPECT_EQ(traffic.of_service(1).refused, 0U) << "nobody knows whose those were";
  EXPECT_EQ(traffic.of_service(1).requests_in_flight(), 1U);
  EXPECT_EQ(traffic.totals().lost, 5U);
  EXPECT_EQ(traffic.totals().in_flight, 8U);
  EXPECT_EQ(traffic.totals().refused, 30U);
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
