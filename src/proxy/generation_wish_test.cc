#include "proxy/generation_wish.h"

#include <gtest/gtest.h>

#include "http/request_scanner.h"

namespace livefix::proxy {
namespace {

class GenerationWishes : public ::testing::Test {
 protected:
  const http::RequestHead& head(std::string_view fields) {
    text_ = "GET / HTTP/1.1\r\nHost: shop\r\n" + std::string(fields) + "\r\n";
    EXPECT_TRUE(std::holds_alternative<http::Complete>(http::scan_request(text_, head_)));
    return head_;
  }

 private:
  std::string text_;
  http::RequestHead head_;
};

TEST_F(GenerationWishes, AFieldNamesIt) {
  EXPECT_EQ(single_field(head("x-release: dev-3\r\n"), "X-Release"), "dev-3");
  EXPECT_EQ(single_field(head("X-Other: dev-3\r\n"), "X-Release"), std::nullopt);
  EXPECT_EQ(single_field(head("X-Release: a\r\nX-Release: b\r\n"), "X-Release"), std::nullopt)
      << "two wishes are none";
}

TEST_F(GenerationWishes, ACookieNamesIt) {
  EXPECT_EQ(cookie_value(head("Cookie: livefix=dev-3\r\n"), "livefix"), "dev-3");
  EXPECT_EQ(cookie_value(head("Cookie: a=b; livefix=dev-3; c=d\r\n"), "livefix"), "dev-3");
  EXPECT_EQ(cookie_value(head("Cookie: a=b;livefix=dev-3;\r\n"), "livefix"), "dev-3");
  EXPECT_EQ(cookie_value(head("Cookie: a=b\r\nCookie: livefix=dev-3\r\n"), "livefix"), "dev-3")
      << "HTTP/2 clients split them";
  EXPECT_EQ(cookie_value(head("Cookie: livefix=\r\n"), "livefix"), "");
}

TEST_F(GenerationWishes, OtherCookiesDoNot) {
  for (const char* field :
       {"", "Cookie: livefixx=1\r\n", "Cookie: xlivefix=1\r\n", "Cookie: livefix\r\n",
        "Cookie: a=livefix=1\r\n", "Cookie: LIVEFIX=1\r\n", "Cookie: ;;=;\r\n"}) {
    EXPECT_EQ(cookie_value(head(field), "livefix"), std::nullopt) << field;
  }
}

}  // namespace
}  // namespace livefix::proxy
