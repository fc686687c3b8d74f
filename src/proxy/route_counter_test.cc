#include "proxy/route_counter.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>

#include "model/grpc_status.h"
#include "proxy/counters.h"

namespace livefix::proxy {
namespace {

using namespace std::chrono_literals;

class RouteCounterTest : public ::testing::Test {
 protected:
  RouteCounterTest() {
    claim_slot(worker_, UnitId{1}, 0);
    counter_->set_living(0, {UnitId{1}});
  }

  void count(std::string_view target, int status, std::uint32_t generation = 1,
             RouteEnd end = RouteEnd::answered) {
    RouteNote note;
    note.begin();
    counter_->find_route(0, listed_, target, note);
    note.note_head(3ms);
    note.answer_bytes = 10;
    counter_->count({.generation = UnitId{generation},
                     .method = http::Method::get,
                     .status = status,
                     .end = end,
                     .bytes = 7},
                    note);
  }

  const RouteCounts* find(std::string_view route, std::uint32_t generation = 1) const {
    for (std::size_t i = 0; i < kRouteRows; ++i) {
      const RouteRow& row = worker_.routes.rows[i];
      if (worker_.routes.keys[i] == 0 || row.generation != generation) continue;
      std::string text;
      for (std::size_t at = 0; at < row.text_size; ++at) text.push_back(row.text[at]);
      if (text == route) return &row.counts;
    }
    return nullptr;
  }
  std::size_t used_rows() const {
    std::size_t used = 0;
    for (const auto& key : worker_.routes.keys) used += key != 0;
    return used;
  }
  const RouteLeftovers& leftovers(std::uint32_t generation) {
    return worker_.routes.leftovers[index_of(worker_, *find_slot(worker_, UnitId{generation}))];
  }
  static std::uint64_t of_status(const RouteCounts& counts, int status) {
    for (std::size_t i = 0; i < kRouteStatuses; ++i) {
      if (counts.statuses[i] == status) return counts.by_status[i];
    }
    return 0;
  }
  static std::string word(std::size_t number) {
    std::string text;
    for (int i = 0; i < 4; ++i, number /= 26) text += static_cast<char>('a' + number % 26);
    return text;
  }

  const std::unique_ptr<WorkerCounters> counters_ = std::make_unique<WorkerCounters>();
  WorkerCounters& worker_ = *counters_;
  http::RouteList listed_;
  std::unique_ptr<RouteCounter> counter_ = std::make_unique<RouteCounter>(worker_);
};

TEST_F(RouteCounterTest, ARouteHasOneRowForAllItsRequests) {
  count("/cart/17", 200);
  count("/cart/18?page=2", 200);
  count("/cart/19", 500);
  EXPECT_EQ(used_rows(), 1U);
  const RouteCounts* counts = find("/cart/:id");
  ASSERT_NE(counts, nullptr);
  EXPECT_EQ(of_status(*counts, 200), 2U);
  EXPECT_EQ(of_status(*counts, 500), 1U);
  EXPECT_EQ(counts->request_bytes, 21U);
  EXPECT_EQ(counts->answer_bytes, 30U);
  EXPECT_EQ(counts->microseconds, 9000U);
  EXPECT_EQ(counts->latencies[latency::bucket_of(3000)], 3U);
}

TEST_F(RouteCounterTest, WhatIsNotThereIsNoRoute) {
  for (std::size_t i = 0; i < 3000; ++i)
    count(fmt::format("/{}/admin", word(i)), i % 2 ? 404 : 405);
  EXPECT_EQ(used_rows(), 0U);
  EXPECT_EQ(of_status(leftovers(1).unknown, 404), 1500U);
  count("/cart", 200);
  count("/cart", 404);
  ASSERT_NE(find("/cart"), nullptr);
  EXPECT_EQ(of_status(*find("/cart"), 404), 1U);
}

TEST_F(RouteCounterTest, AMethodOfGrpcThatIsNotThereIsNoRoute) {
  count("/shop.Shop/Nothing", status_of_grpc_failure(kGrpcUnimplemented));
  EXPECT_EQ(used_rows(), 0U);
  count("/shop.Shop/Buy", status_of_grpc_failure(13));
  ASSERT_NE(find("/shop.Shop/Buy"), nullptr);
  EXPECT_EQ(of_status(*find("/shop.Shop/Buy"), status_of_grpc_failure(13)), 1U);
}

TEST_F(RouteCounterTest, LossAndTimeAreCountedApart) {
  count("/cart", 502, 1, RouteEnd::lost);
  count("/cart", 504, 1, RouteEnd::timed_out);
  ASSERT_NE(find("/cart"), nullptr);
  EXPECT_EQ(find("/cart")->lost, 1U);
  EXPECT_EQ(find("/cart")->timeouts, 1U);
}

TEST_F(RouteCounterTest, ManyStatusesAreCountedByTheirFirstDigit) {
  for (int status = 200; status < 200 + static_cast<int>(kRouteStatuses) + 3; ++status) {
    count("/cart", status);
  }
  count("/cart", 500);
  count("/cart", 999);
  EXPECT_EQ(find("/cart")->by_class[2], 3U);
  EXPECT_EQ(find("/cart")->by_class[5], 2U);
}

TEST_F(RouteCounterTest, NamesAtOnePlaceBecomeOneRoute) {
  for (std::size_t i = 0; i < 10'000; ++i) count(fmt::format("/user/{}", word(i)), 200);
  EXPECT_EQ(used_rows(), RouteCrowd::kMostWords + 2);
  ASSERT_NE(find("/user/:name"), nullptr);
  EXPECT_EQ(of_status(*find("/user/:name"), 200), 10'000U - RouteCrowd::kMostWords - 1);
}

TEST_F(RouteCounterTest, ANewProxyKnowsTheNamesOfTheOldOne) {
  for (std::size_t i = 0; i < 100; ++i) count(fmt::format("/user/{}", word(i)), 200);
  const std::size_t before = used_rows();
  counter_ = std::make_unique<RouteCounter>(worker_);
  for (std::size_t i = 100; i < 200; ++i) count(fmt::format("/user/{}", word(i)), 200);
  EXPECT_EQ(used_rows(), before);
}

TEST_F(RouteCounterTest, TooManyRoutesAreCountedTogether) {
  std::uint64_t sent = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    for (std::size_t j = 0; j < 40; ++j) {
      for (std::size_t k = 0; k < 4; ++k, ++sent) {
        count(fmt::format("/{}/{}/{}", word(i), word(j), word(k)), 200);
      }
    }
  }
  EXPECT_LE(used_rows(), kRouteRows);
  std::uint64_t counted = of_status(leftovers(1).other, 200);
  EXPECT_GT(counted, 0U);
  for (std::size_t i = 0; i < kRouteRows; ++i) {
    if (worker_.routes.keys[i] != 0) counted += of_status(worker_.routes.rows[i].counts, 200);
  }
  EXPECT_EQ(counted, sent);
}

TEST_F(RouteCounterTest, RowsOfGenerationsThatAreGoneAreUsedAgain) {
  for (std::size_t generation = 1; generation < 200; ++generation) {
    const auto id = static_cast<std::uint32_t>(generation);
    claim_slot(worker_, UnitId{id}, 0);
    counter_->set_living(0, {UnitId{id}});
    for (std::size_t route = 0; route < 30; ++route)
      count(fmt::format("/{}", word(route)), 200, id);
    for (std::size_t route = 0; route < 30; ++route) {
      ASSERT_NE(find(fmt::format("/{}", word(route)), id), nullptr) << route << " of " << id;
      ASSERT_EQ(of_status(*find(fmt::format("/{}", word(route)), id), 200), 1U);
    }
    ASSERT_EQ(of_status(leftovers(id).other, 200), 0U);
  }
}

TEST_F(RouteCounterTest, RowsOfServicesWithoutAPlanYetAreKept) {
  for (std::size_t i = 0; i < 32; ++i) {
    for (std::size_t j = 0; j < 32; ++j) count(fmt::format("/{}/{}", word(i), word(j)), 200);
  }
  const std::size_t before = used_rows();
  counter_ = std::make_unique<RouteCounter>(worker_);
  counter_->set_living(1, {UnitId{9}});
  claim_slot(worker_, UnitId{9}, 1);
  for (std::size_t i = 0; i < 100; ++i) count(fmt::format("/other/{}/x", i), 200, 9);
  EXPECT_GE(used_rows(), before);
  EXPECT_NE(find(fmt::format("/{}/{}", word(0), word(0))), nullptr);
}

TEST_F(RouteCounterTest, AGenerationThatTakesASlotOverBeginsAtNothing) {
  count("/nothing", 404);
  for (std::uint32_t id = 2; id <= kGenerationSlots + 1; ++id) claim_slot(worker_, UnitId{id}, 0);
  EXPECT_EQ(of_status(leftovers(kGenerationSlots + 1).unknown, 404), 0U);
  count("/nothing", 404);  // of a generation that has no slot any more
  for (std::uint32_t id = 2; id <= kGenerationSlots + 1; ++id) {
    EXPECT_EQ(of_status(leftovers(id).unknown, 404), 0U);
  }
}

TEST_F(RouteCounterTest, AListedRouteWinsAndTeachesNothing) {
  listed_ = http::RouteList(std::array<std::string, 2>{"/user/:name", "/:name/x"});
  count("/user/anna", 200);
  count("/user/me", 200);
  count("/a/x", 200);
  EXPECT_EQ(used_rows(), 2U);
  EXPECT_NE(find("/user/:name"), nullptr);
  counter_ = std::make_unique<RouteCounter>(worker_);
  count("/user/a/b", 200);
  EXPECT_NE(find("/user/a/b"), nullptr) << "what is written down is no crowd";
}

}  // namespace
}  // namespace livefix::proxy
