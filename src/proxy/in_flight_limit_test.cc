#include "proxy/in_flight_limit.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace livefix::proxy {
namespace {

constexpr UnitId kOld{1};
constexpr UnitId kNew{2};

struct Offered {
  std::size_t worker;
  PlaceOffer offer;
};

class InFlight : public ::testing::Test {
 protected:
  void use(std::uint32_t most, std::uint32_t queue, std::uint32_t old_weight,
           std::uint32_t new_weight) {
    RoutingPlan plan;
    plan.traffic.limits.in_flight = most;
    plan.traffic.limits.queue = queue;
    plan.generations = {{kOld, old_weight, {}}, {kNew, new_weight, {}}};
    limit_.apply(plan);
  }
  InFlightLimit::Wait wait(std::size_t worker) { return limit_.wait(worker, std::array{kOld}); }

  std::vector<Offered> offered_;
  InFlightLimit limit_{2, [this](std::size_t worker, const PlaceOffer& offer) {
                         offered_.push_back({worker, offer});
                       }};
};

TEST_F(InFlight, EachGenerationHasItsOwnPlaces) {
  use(2, 10, 100, 100);
  EXPECT_TRUE(limit_.enter(kOld));
  EXPECT_TRUE(limit_.enter(kOld));
  EXPECT_FALSE(limit_.enter(kOld));
  EXPECT_FALSE(limit_.has_room(kOld));
  EXPECT_TRUE(limit_.enter(kNew));
  limit_.leave(kOld);
  EXPECT_TRUE(limit_.enter(kOld));
  EXPECT_TRUE(offered_.empty());
}

TEST_F(InFlight, AFreePlaceGoesToWhoeverWaitsInTurn) {
  use(1, 10, 100, 0);
  ASSERT_TRUE(limit_.enter(kOld));
  for (const std::size_t worker : {0U, 0U, 1U}) {
    EXPECT_EQ(wait(worker), InFlightLimit::Wait::waits);
  }
  std::vector<std::size_t> order;
  for (int i = 0; i < 3; ++i) {
    limit_.leave(kOld);
    ASSERT_EQ(offered_.size(), 1U);
    EXPECT_FALSE(limit_.enter(kOld)) << "it is given, not free";
    order.push_back(offered_[0].worker);
    limit_.take_offer(offered_[0].worker);
    limit_.stop_waiting(offered_[0].worker);
    offered_.clear();
  }
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 0}));
  limit_.leave(kOld);
  EXPECT_TRUE(offered_.empty());
  EXPECT_TRUE(limit_.enter(kOld));
}

TEST_F(InFlight, OnlySoManyWait) {
  use(1, 1, 100, 0);
  EXPECT_EQ(wait(0), InFlightLimit::Wait::has_room);
  ASSERT_TRUE(limit_.enter(kOld));
  EXPECT_EQ(wait(0), InFlightLimit::Wait::waits);
  EXPECT_EQ(wait(1), InFlightLimit::Wait::too_many);
  limit_.stop_waiting(0);
  EXPECT_EQ(wait(1), InFlightLimit::Wait::waits);
}

TEST_F(InFlight, AWorkerIsOfferedNoMoreThanItCanUse) {
  use(2, 10, 100, 0);
  ASSERT_TRUE(limit_.enter(kOld));
  ASSERT_TRUE(limit_.enter(kOld));
  EXPECT_EQ(wait(0), InFlightLimit::Wait::waits);
  limit_.leave(kOld);
  limit_.leave(kOld);
  EXPECT_EQ(offered_.size(), 1U);
  EXPECT_TRUE(limit_.enter(kOld));
}

TEST_F(InFlight, WhatOneWorkerCannotUseAnotherIsOffered) {
  use(1, 10, 100, 0);
  ASSERT_TRUE(limit_.enter(kOld));
  EXPECT_EQ(wait(0), InFlightLimit::Wait::waits);
  EXPECT_EQ(wait(1), InFlightLimit::Wait::waits);
  limit_.leave(kOld);
  ASSERT_EQ(offered_.size(), 1U);
  limit_.take_offer(0);
  limit_.decline(offered_[0].offer);
  ASSERT_EQ(offered_.size(), 2U);
  EXPECT_EQ(offered_[1].worker, 1U);
  limit_.take_offer(1);
  limit_.decline(offered_[1].offer);
  EXPECT_EQ(offered_.size(), 2U) << "all have been asked";
  EXPECT_TRUE(limit_.enter(kOld));
}

TEST_F(InFlight, AGenerationThatDrainsGetsNobodyNew) {
  use(1, 10, 100, 0);
  ASSERT_TRUE(limit_.enter(kOld));
  EXPECT_EQ(wait(0), InFlightLimit::Wait::waits);
  use(1, 10, 0, 100);
  limit_.leave(kOld);
  EXPECT_TRUE(offered_.empty());
}

TEST_F(InFlight, WhatAPlanKeepsCountsOn) {
  use(1, 10, 100, 0);
  ASSERT_TRUE(limit_.enter(kOld));
  use(1, 10, 100, 100);
  EXPECT_FALSE(limit_.enter(kOld));
  EXPECT_TRUE(limit_.enter(kNew));
}

}  // namespace
}  // namespace livefix::proxy
