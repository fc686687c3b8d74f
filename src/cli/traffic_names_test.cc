#include "cli/traffic_names.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

std::string outcome(const Result<std::string>& parsed) {
  return parsed ? *parsed : "refused: " + parsed.error().message;
}
bool is_refused(const Result<std::string>& parsed) {
  return !parsed;
}

TEST(TrafficNames, ReadHosts) {
  EXPECT_EQ(outcome(parse_host("Shop.Example.COM")), "shop.example.com");
  EXPECT_EQ(outcome(parse_host("shop.example.com.")), "shop.example.com");
  EXPECT_EQ(outcome(parse_host("*.example.com")), "*.example.com");
  EXPECT_EQ(outcome(parse_host("localhost")), "localhost");
  EXPECT_EQ(outcome(parse_host("my_app-2.test")), "my_app-2.test");
  EXPECT_EQ(outcome(parse_host("127.0.0.1")), "127.0.0.1");
  EXPECT_EQ(outcome(parse_host("[::1]")), "[::1]");
}

TEST(TrafficNames, RefuseWhatIsNoHost) {
  EXPECT_EQ(outcome(parse_host("*")), "refused: \"*\" is every host; leave hosts out for that");
  EXPECT_EQ(outcome(parse_host("::1")),
            "refused: \"::1\" is an IPv6 address without brackets; write \"[::1]\"");
  EXPECT_EQ(outcome(parse_host("a.com:80")), "refused: \"a.com:80\" has a port; write \"a.com\"");
  EXPECT_EQ(outcome(parse_host("https://a.com/x")),
            "refused: \"https://a.com/x\" is more than a host; write \"shop.example.com\" or "
            "\"*.example.com\", and what follows it in paths");
  EXPECT_EQ(outcome(parse_host("m\xc3\xbcller.de")),
            "refused: \"m\xc3\xbcller.de\" has letters beyond ASCII; write it as it is sent, "
            "\"xn--...\"");
  for (const auto* text : {"", ".", "..", "a..b", "*.", "*a.com", "a.*.com", "a b", "[1.2.3.4]",
                           "[::1", "*.*.com", "a.com:"}) {
    EXPECT_TRUE(is_refused(parse_host(text))) << text;
  }
  EXPECT_TRUE(is_refused(parse_host(std::string(64, 'a'))));
}

TEST(TrafficNames, ReadPathPrefixes) {
  EXPECT_EQ(outcome(parse_path_prefix("/")), "/");
  EXPECT_EQ(outcome(parse_path_prefix("/api")), "/api");
  EXPECT_EQ(outcome(parse_path_prefix("/api/v1/")), "/api/v1");
  EXPECT_EQ(outcome(parse_path_prefix("/a%20b")), "/a%20b");
  for (const auto* text :
       {"", "api", "//", "/a//b", "/a/../b", "/.", "/a?b", "/a#b", "/a/*", "/a b", "/a\n"}) {
    EXPECT_TRUE(is_refused(parse_path_prefix(text))) << text;
  }
}

TEST(TrafficNames, ReadRoutes) {
  for (const auto* text :
       {"/", "/*", "/user/:name", "/user/:name/", "/files/*", "/a//b", "/a%20b"}) {
    EXPECT_EQ(outcome(parse_route(text)), text);
  }
  EXPECT_EQ(outcome(parse_route("user")),
            "refused: \"user\" does not begin with /; write \"/user/:name\"");
  EXPECT_EQ(outcome(parse_route("/*/a")),
            "refused: \"/*/a\" has a * that is not the whole last segment; write \":name\" for one "
            "segment");
  for (const auto* text : {"", "*", "/a*", "/*/", "/:", "/:/a", "/a?b", "/a#b", "/a b", "/a\"",
                           "/a\\", "/a\n", "/caf\xc3\xa9"}) {
    EXPECT_TRUE(is_refused(parse_route(text))) << text;
  }
  const std::string longest(95, 'a');
  EXPECT_FALSE(is_refused(parse_route('/' + longest)));
  EXPECT_TRUE(is_refused(parse_route("/b" + longest)));
}

TEST(TrafficNames, ReadFieldsAndCookies) {
  EXPECT_EQ(outcome(parse_field_name("X-Request-Id")), "X-Request-Id");
  EXPECT_EQ(outcome(parse_field_name("")), "");
  EXPECT_EQ(outcome(parse_field_name("Host")),
            "refused: \"Host\" has a meaning of its own; write another, \"X-Name\"");
  for (const auto* text : {"a:", "a b", "content-LENGTH", "Traceparent", "a\r\nb", "\xc3\xa4"}) {
    EXPECT_TRUE(is_refused(parse_field_name(text))) << text;
  }
  EXPECT_EQ(outcome(parse_cookie_name("livefix")), "livefix");
  EXPECT_EQ(outcome(parse_cookie_name("a=b")),
            "refused: \"a=b\" is no cookie name; write \"livefix\"");
}

}  // namespace
}  // namespace livefix::cli
