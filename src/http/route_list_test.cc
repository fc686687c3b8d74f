#include "http/route_list.h"

#include <gtest/gtest.h>

#include <array>

namespace livefix::http {
namespace {

TEST(RouteList, ANameStandsForOneSegment) {
  EXPECT_TRUE(fits_route("/user/:name", "/user/anna"));
  EXPECT_TRUE(fits_route("/user/:name/cart", "/user/17/cart"));
  EXPECT_FALSE(fits_route("/user/:name", "/user"));
  EXPECT_FALSE(fits_route("/user/:name", "/user/"));
  EXPECT_FALSE(fits_route("/user/:name", "/user/anna/"));
  EXPECT_FALSE(fits_route("/user/:name", "/user/anna/cart"));
  EXPECT_FALSE(fits_route("/user/:name", "/users/anna"));
}

TEST(RouteList, AStarStandsForAllThatComes) {
  EXPECT_TRUE(fits_route("/files/*", "/files/"));
  EXPECT_TRUE(fits_route("/files/*", "/files/a/b//c"));
  EXPECT_FALSE(fits_route("/files/*", "/files"));
  EXPECT_FALSE(fits_route("/files/*", "/file/a"));
  EXPECT_TRUE(fits_route("/*", "/"));
  EXPECT_TRUE(fits_route("/*", "/a/b"));
  EXPECT_FALSE(fits_route("/*", "*"));
}

TEST(RouteList, OtherSegmentsAreTheSame) {
  EXPECT_TRUE(fits_route("/", "/"));
  EXPECT_FALSE(fits_route("/", "/a"));
  EXPECT_FALSE(fits_route("/", ""));
  EXPECT_TRUE(fits_route("/a//b", "/a//b"));
  EXPECT_FALSE(fits_route("/a//b", "/a/b"));
  EXPECT_FALSE(fits_route("/a", "/A"));
}

TEST(RouteList, TheFirstThatFitsIsTaken) {
  const RouteList list(std::array<std::string, 3>{"/user/me", "/user/:name", "/user/*"});
  ASSERT_NE(list.find("/user/me?x=/y"), nullptr);
  EXPECT_EQ(list.find("/user/me?x=/y")->text(), "/user/me");
  EXPECT_EQ(list.find("http://shop.example/user/anna")->text(), "/user/:name");
  EXPECT_EQ(list.find("/user/anna/cart")->text(), "/user/*");
  EXPECT_EQ(list.find("/cart"), nullptr);
  EXPECT_EQ(RouteList().find("/"), nullptr);
}

TEST(RouteList, AWrittenRouteHasTheHashOfItsText) {
  const RouteList list(std::array<std::string, 1>{"/cart/:id"});
  RoutePattern derived;
  derived.assign("/cart/17");
  EXPECT_EQ(list.find("/cart/x")->hash(), derived.hash());
}

}  // namespace
}  // namespace livefix::http
