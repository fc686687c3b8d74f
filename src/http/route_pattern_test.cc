#include "http/route_pattern.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace livefix::http {
namespace {

std::string route_of(std::string_view target) {
  RoutePattern pattern;
  pattern.assign(target);
  return std::string(pattern.text());
}

TEST(RoutePattern, NamesStayAndIdsGo) {
  EXPECT_EQ(route_of("/"), "/");
  EXPECT_EQ(route_of("/cart"), "/cart");
  EXPECT_EQ(route_of("/cart/17"), "/cart/:id");
  EXPECT_EQ(route_of("/cart/17/items/3"), "/cart/:id/items/:id");
  EXPECT_EQ(route_of("/v1/users"), "/v1/users");
  EXPECT_EQ(route_of("/orders/2026-11-26"), "/orders/:id");
  EXPECT_EQ(route_of("/o/6f1b2c3d-0a1b-4c5d-8e9f-aabbccddeeff"), "/o/:id");
  EXPECT_EQ(route_of("/commit/7f3c2d1a"), "/commit/:id");
  EXPECT_EQ(route_of("/commit/deadbeef"), "/commit/deadbeef");
  EXPECT_EQ(route_of("/t/01HQ3K5V7Z8YB2M4N6P8R0T2V4"), "/t/:id");
  EXPECT_EQ(route_of("/oauth2-callback-v1"), "/oauth2-callback-v1");
  EXPECT_EQ(route_of("/who/anna@example.org"), "/who/:id");
  EXPECT_EQ(route_of("/search/caf%C3%A9"), "/search/:id");
}

TEST(RoutePattern, SlashesAreKept) {
  EXPECT_EQ(route_of("/cart/"), "/cart/");
  EXPECT_EQ(route_of("//a//7/"), "//a//:id/");
}

TEST(RoutePattern, QueriesAndHostsDoNotCount) {
  EXPECT_EQ(route_of("/cart?id=7"), "/cart");
  EXPECT_EQ(route_of("/?"), "/");
  EXPECT_EQ(route_of("http://shop.example/cart/7?x=/y"), "/cart/:id");
  EXPECT_EQ(route_of("http://shop.example"), "/");
  EXPECT_EQ(route_of("http://shop.example?x"), "/");
  EXPECT_EQ(route_of("*"), "*");
  EXPECT_EQ(route_of("shop.example:443"), "shop.example:443");
  EXPECT_EQ(route_of(""), "/");
}

TEST(RoutePattern, IsBounded) {
  EXPECT_EQ(route_of("/a/b/c/d/e/f/g/h/i/j/k/l"), "/a/b/c/d/e/f/g/h/i/j/...");
  const std::string longest = route_of("/" + std::string(95, 'x'));
  EXPECT_EQ(longest.size(), RoutePattern::kMaxBytes);
  EXPECT_EQ(route_of("/" + std::string(96, 'x')), "/...");
  EXPECT_EQ(route_of("/" + std::string(90, 'x') + "/" + std::string(90, 'y') + "/z"),
            "/" + std::string(90, 'x') + "/...");
  EXPECT_LE(route_of(std::string(8000, '/')).size(), RoutePattern::kMaxBytes + 3);
}

TEST(RoutePattern, HasOnlyHarmlessBytes) {
  for (int byte = 1; byte < 256; ++byte) {
    if (byte == '/' || byte == '?' || byte == '#') continue;
    for (const char c : route_of(std::string("/a") + static_cast<char>(byte) + "b")) {
      EXPECT_TRUE(c > 0x20 && c < 0x7f && c != '"' && c != '\\') << byte;
    }
  }
}

TEST(RoutePattern, ManyNamesAtOnePlaceAreOneRoute) {
  RoutePattern parent;
  parent.assign("/user/");
  const std::uint64_t crowded = parent.hash();
  RoutePattern pattern;
  pattern.assign("/user/anna/cart", [&](std::uint64_t place) { return place == crowded; });
  EXPECT_EQ(pattern.text(), "/user/:name/cart");
}

TEST(RoutePattern, HashesAreOfTheText) {
  RoutePattern one;
  RoutePattern other;
  one.assign("/cart/17?a");
  other.assign("/cart/18?b");
  EXPECT_EQ(one.hash(), other.hash());
  std::set<std::uint64_t> hashes;
  for (const char* target : {"/", "/a", "/a/", "/b", "/:id", "*"}) {
    one.assign(target);
    hashes.insert(one.hash());
  }
  EXPECT_EQ(hashes.size(), 6u);
}

}  // namespace
}  // namespace livefix::http
