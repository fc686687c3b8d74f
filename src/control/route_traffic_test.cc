#include "control/route_traffic.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "os/shared_memory.h"

namespace livefix::control {
namespace {

class RouteTrafficTest : public ::testing::Test {
 protected:
  RouteTrafficTest()
      : memory_(std::move(*os::create_shared_memory("statistics", sizeof(TrafficStats)))),
        mapping_(*os::Mapping::of(memory_, sizeof(TrafficStats), os::Mapping::Access::read_write)),
        stats_(*static_cast<TrafficStats*>(mapping_.data())) {}

  // As a worker writes it.
  RouteCounts& row(std::size_t worker, std::size_t place, std::uint32_t generation,
                   std::string_view route, std::string_view method = "GET") {
    auto& table = stats_.workers[worker].routes;
    RouteRow& row = table.rows[place];
    table.keys[place] = place * 2 + 1;
    row.generation = generation;
    row.text_size = static_cast<std::uint8_t>(route.size());
    for (std::size_t i = 0; i < std::min(route.size(), row.text.size()); ++i)
      row.text[i] = route[i];
    for (std::size_t i = 0; i < method.size(); ++i) row.method[i] = method[i];
    return row.counts;
  }
  static void count(RouteCounts& counts, std::uint16_t status, std::uint64_t times) {
    counts.statuses[0] = status;
    counts.by_status[0] = times;
  }
  std::vector<RouteCount> read(std::initializer_list<std::uint32_t> generations) {
    std::vector<UnitId> ids;
    for (const auto id : generations) ids.push_back(UnitId{id});
    return routes_.of(ids);
  }

  os::Fd memory_;
  os::Mapping mapping_;
  TrafficStats& stats_;
  const Traffic traffic_{memory_};
  RouteTraffic routes_{traffic_};
};

TEST_F(RouteTrafficTest, SumsOverWorkers) {
  count(row(0, 3, 1, "/cart/:id"), 200, 5);
  count(row(9, 70, 1, "/cart/:id"), 500, 2);
  count(row(9, 71, 1, "/cart/:id", "POST"), 201, 1);
  const auto routes = read({1});
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].route, "/cart/:id");
  EXPECT_EQ(routes[0].method, "GET");
  EXPECT_EQ(routes[0].requests(), 7U);
  EXPECT_EQ(routes[0].errors(), 2U);
  EXPECT_EQ(routes[1].method, "POST");
}

TEST_F(RouteTrafficTest, OnlyOfWhatIsAskedFor) {
  count(row(0, 1, 1, "/old"), 200, 5);
  count(row(0, 2, 2, "/new"), 200, 5);
  const auto routes = read({2});
  ASSERT_EQ(routes.size(), 1U);
  EXPECT_EQ(routes[0].route, "/new");
}

TEST_F(RouteTrafficTest, WhatHasNoRowIsThereByName) {
  auto& worker = stats_.workers[0];
  worker.generations[5].generation = 7;
  count(worker.routes.leftovers[5].unknown, 404, 100);
  worker.routes.leftovers[5].other.by_class[5] = 3;
  const auto routes = read({7});
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].route, "(other)");
  EXPECT_EQ(routes[0].method, "any");
  EXPECT_EQ(routes[0].errors(), 3U);
  EXPECT_EQ(routes[1].route, "(unknown)");
  EXPECT_EQ(routes[1].statuses.at("404"), 100U);
}

TEST_F(RouteTrafficTest, NothingThatIsReadIsBelieved) {
  RouteCounts& counts = row(0, 1, 1, "/a\"\\\n\x1b[2J\xff");
  count(counts, 65535, 1);
  stats_.workers[0].routes.rows[1].text_size = 255;
  const auto routes = read({1});
  ASSERT_EQ(routes.size(), 1U);
  EXPECT_EQ(routes[0].route, "/a????[2J?");
  EXPECT_EQ(routes[0].statuses.begin()->first, "535");
}

TEST_F(RouteTrafficTest, ThereAreNotMoreThanSoMany) {
  for (std::size_t worker = 0; worker < 4; ++worker) {
    for (std::size_t i = 0; i < kRouteRows; ++i) {
      count(row(worker, i, 1, fmt::format("/w{}/r{}", worker, i)), 200, 1);
    }
  }
  const auto before = read({1});
  EXPECT_EQ(before.size(), RouteTraffic::kMostRoutes + 1);
  const auto other = std::ranges::find(before, "(other)", &RouteCount::route);
  ASSERT_NE(other, before.end());
  EXPECT_EQ(other->requests(), 3 * kRouteRows);
}

TEST_F(RouteTrafficTest, ARouteStaysOneWhileItsGenerationIsThere) {
  for (std::size_t i = 0; i < kRouteRows; ++i) count(row(1, i, 1, fmt::format("/a{}", i)), 200, 1);
  read({1});
  count(row(0, 0, 1, "/late"), 200, 1);  // of a worker that is read first
  auto routes = read({1});
  EXPECT_EQ(std::ranges::find(routes, "/late", &RouteCount::route), routes.end());
  EXPECT_NE(std::ranges::find(routes, "/a1023", &RouteCount::route), routes.end());
  read({});  // it is gone
  routes = read({1});
  EXPECT_NE(std::ranges::find(routes, "/late", &RouteCount::route), routes.end());
}

}  // namespace
}  // namespace livefix::control
