#include "proxy/route_crowd.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "http/route_pattern.h"

namespace livefix::proxy {
namespace {

class RouteCrowdTest : public ::testing::Test {
 protected:
  std::string route_of(std::string_view target, std::size_t service = 0) const {
    http::RoutePattern pattern;
    pattern.assign(target, [&](std::uint64_t place) { return crowd_.is_crowded(service, place); });
    return std::string(pattern.text());
  }
  void learn(std::string_view target, std::size_t service = 0) {
    crowd_.learn(service, route_of(target, service));
  }
  static std::string word(std::size_t number) {
    return {static_cast<char>('a' + number / 26 / 26), static_cast<char>('a' + number / 26 % 26),
            static_cast<char>('a' + number % 26)};
  }

  RouteCrowd crowd_;
};

TEST_F(RouteCrowdTest, FewWordsAtOnePlaceAreRoutes) {
  for (std::size_t i = 0; i < RouteCrowd::kMostWords; ++i) {
    learn(fmt::format("/user/{}", word(i)));
    learn(fmt::format("/user/{}/cart", word(i)));
  }
  EXPECT_EQ(route_of("/user/anna"), "/user/anna");
}

TEST_F(RouteCrowdTest, ManyAreNamesFromThenOn) {
  for (std::size_t i = 0; i <= RouteCrowd::kMostWords; ++i)
    learn(fmt::format("/user/{}/cart", word(i)));
  EXPECT_EQ(route_of("/user/anna"), "/user/:name");
  EXPECT_EQ(route_of("/user/anna/cart"), "/user/:name/cart");
  EXPECT_EQ(route_of("/users/anna"), "/users/anna");
  EXPECT_EQ(route_of("/user/17"), "/user/:id");
}

TEST_F(RouteCrowdTest, IdsAreNoWords) {
  for (std::size_t i = 0; i < 100; ++i) learn(fmt::format("/cart/{}", i));
  EXPECT_EQ(route_of("/cart/list"), "/cart/list");
}

TEST_F(RouteCrowdTest, EachServiceHasItsOwnPlaces) {
  for (std::size_t i = 0; i <= RouteCrowd::kMostWords; ++i) learn(fmt::format("/{}", word(i)), 1);
  EXPECT_EQ(route_of("/anna", 1), "/:name");
  EXPECT_EQ(route_of("/anna", 0), "/anna");
}

TEST_F(RouteCrowdTest, WhatAProxyBeforeHasLearnedIsKnown) {
  crowd_.learn(0, "/user/:name/cart");
  EXPECT_EQ(route_of("/user/anna"), "/user/:name");
  EXPECT_EQ(route_of("/user/anna/cart"), "/user/:name/cart");
}

TEST_F(RouteCrowdTest, ManyPlacesAreNotLearned) {
  for (std::size_t i = 0; i < 2 * RouteCrowd::kMostPlaces; ++i) {
    crowd_.learn(0, fmt::format("/{}/x", i));  // each a place of its own, though no words
  }
  for (std::size_t i = 0; i <= RouteCrowd::kMostWords; ++i) {
    crowd_.learn(0, fmt::format("/late/{}", word(i)));
  }
  EXPECT_EQ(route_of("/late/anna"), "/:name/anna") << "only the first place was in time";
}

}  // namespace
}  // namespace livefix::proxy
