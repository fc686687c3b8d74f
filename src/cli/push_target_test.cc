#include "cli/push_target.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

PushTarget parsed(std::string_view url, std::string_view token = {},
                  std::string_view service = {}) {
  const auto target = parse_push_target(url, token, service);
  EXPECT_TRUE(target) << target.error().message;
  return target.value_or(PushTarget{});
}

std::string refusal_of_target(std::string_view url, std::string_view token = "t",
                              std::string_view service = {}) {
  const auto target = parse_push_target(url, token, service);
  EXPECT_FALSE(target) << url;
  return target ? "" : target.error().message;
}

TEST(PushTarget, IsAUrlWithItsToken) {
  const auto target = parsed("http://livefix_abc@shop.example.com:4850/shop.git/");
  EXPECT_EQ(target.host, "shop.example.com");
  EXPECT_EQ(target.port, 4850);
  EXPECT_EQ(target.path, "/shop.git");
  EXPECT_EQ(target.token, "livefix_abc");
  EXPECT_EQ(target.url(), "http://shop.example.com:4850/shop.git");
  EXPECT_EQ(parsed("http://anna:livefix_abc@h/shop.git").token, "livefix_abc");
  EXPECT_EQ(parsed("http://livefix_abc:x@h/shop.git").token, "livefix_abc");
  EXPECT_EQ(parsed("http://in-url@h/shop.git", "given").token, "given");
}

TEST(PushTarget, KnowsTheUsualPorts) {
  EXPECT_EQ(parsed("https://h/a/shop.git", "t").port, 443);
  EXPECT_EQ(parsed("https://h/a/shop.git", "t").url(), "https://h/a/shop.git");
  EXPECT_EQ(parsed("http://h/shop.git", "t").port, 80);
  EXPECT_EQ(parsed("http://h:443/shop.git", "t").authority(), "h:443");
}

TEST(PushTarget, KnowsIpv6) {
  const auto target = parsed("http://[::1]:4850/shop.git", "t");
  EXPECT_EQ(target.host, "::1");
  EXPECT_EQ(target.url(), "http://[::1]:4850/shop.git");
}

TEST(PushTarget, TakesTheNameOfTheServiceWhereTheUrlHasNone) {
  EXPECT_EQ(parsed("http://h:4850", "t", "shop").path, "/shop.git");
  EXPECT_EQ(parsed("http://h:4850/shop.git", "t", "shop").path, "/shop.git");
  EXPECT_NE(refusal_of_target("http://h:4850/cart.git", "t", "shop").find("--service"),
            std::string::npos);
  EXPECT_NE(refusal_of_target("http://h:4850/").find("--service"), std::string::npos);
}

TEST(PushTarget, RefusesWithoutShowingTheToken) {
  for (const std::string url : {"ssh://secret@h/shop.git", "http://secret@/shop.git",
                                "http://secret@h:0/shop.git", "http://secret@h:x/shop.git",
                                "http://secret@h/shop.git?a=b", "http://secret@h/sh op.git"}) {
    EXPECT_EQ(refusal_of_target(url).find("secret"), std::string::npos) << url;
  }
  EXPECT_NE(refusal_of_target("http://h/shop.git", "").find("LIVEFIX_TOKEN"), std::string::npos);
  EXPECT_NE(refusal_of_target("http://h/shop.git", "a\r\nb").find("LIVEFIX_TOKEN"),
            std::string::npos);
}

}  // namespace
}  // namespace livefix::cli
