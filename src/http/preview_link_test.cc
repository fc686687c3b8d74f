#include "http/preview_link.h"

#include <gtest/gtest.h>

#include <array>

#include "http/request_composer.h"
#include "http/request_scanner.h"
#include "http/response_composer.h"
#include "http/response_scanner.h"

namespace livefix::http {
namespace {

class PreviewLinks : public ::testing::Test {
 protected:
  const RequestHead& head(std::string_view fields) {
    text_ = "GET / HTTP/1.1\r\nHost: shop\r\n" + std::string(fields) + "\r\n";
    EXPECT_TRUE(std::holds_alternative<Complete>(scan_request(text_, head_)));
    return head_;
  }
  // What the program gets.
  std::string composed(std::string_view fields) {
    std::array<char, 4096> out{};
    const std::size_t size = compose_request(
        head(fields), {.client_ip = "127.0.0.1", .scheme = "http", .default_host = "x"}, out);
    return {out.data(), size};
  }

 private:
  std::string text_;
  RequestHead head_;
};

TEST_F(PreviewLinks, TheFieldOrTheCookieHasThePass) {
  EXPECT_EQ(preview_pass(head("livefix-preview: c.1.ab\r\n")), "c.1.ab");
  EXPECT_EQ(preview_pass(head("Cookie: a=b; livefix-preview=c.1.ab; c=d\r\n")), "c.1.ab");
  EXPECT_EQ(preview_pass(head("Cookie: a=b\r\nCookie: livefix-preview=c.1.ab\r\n")), "c.1.ab");
  EXPECT_EQ(preview_pass(head("Cookie: livefix-preview=old\r\nLivefix-Preview: new\r\n")), "new");
  for (const char* none : {"", "Cookie: a=livefix-preview\r\n", "Cookie: xlivefix-preview=1\r\n",
                           "Cookie: livefix-preview\r\n", "Cookie: livefix-previews=1\r\n"}) {
    EXPECT_EQ(preview_pass(head(none)), "") << none;
  }
}

TEST_F(PreviewLinks, TheProgramSeesNothingOfIt) {
  const std::string sent = composed(
      "LIVEFIX-PREVIEW: secret\r\nCookie: a=b;livefix-preview=secret; c=\"d e\" \r\nX-Other: "
      "1\r\n");
  EXPECT_EQ(sent.find("secret"), std::string::npos) << sent;
  EXPECT_NE(sent.find("\r\nCookie: a=b; c=\"d e\"\r\n"), std::string::npos) << sent;
  EXPECT_NE(sent.find("\r\nX-Other: 1\r\n"), std::string::npos) << sent;
}

TEST_F(PreviewLinks, WithoutItTheHeadIsNotLonger) {
  std::string many = "Cookie: livefix-preview=P";
  for (int i = 0; i < 2000; ++i) many += ";a";
  std::array<char, 16 * 1024> out{};
  const RequestOrigin origin{.client_ip = "127.0.0.1", .scheme = "http", .default_host = "x"};
  const std::size_t with = compose_request(head(many + "\r\n"), origin, out);
  EXPECT_LE(with, many.size() + kMaxRequestGrowth);
  EXPECT_LT(with, many.size() + 200);
}

TEST_F(PreviewLinks, NoCookieIsLeftOfOneAlone) {
  const std::string sent = composed("Cookie: livefix-preview=secret\r\n");
  EXPECT_EQ(sent.find("ookie"), std::string::npos) << sent;
}

TEST_F(PreviewLinks, OtherCookiesPassAsTheyAre) {
  const std::string sent = composed("cookie: a=b;c=d ;  e; livefix=dev-1\r\n");
  EXPECT_NE(sent.find("\r\ncookie: a=b;c=d ;  e; livefix=dev-1\r\n"), std::string::npos) << sent;
}

TEST_F(PreviewLinks, ALinkHasAPassAndLeadsToTheSamePlace) {
  struct Case {
    std::string_view target;
    std::string_view place;
  };
  for (const Case& one : {Case{"/?livefix-preview=P", "/"},
                          {"?livefix-preview=P", "/"},
                          {"/cart/7?a=1&livefix-preview=P&b=2", "/cart/7?a=1&b=2"},
                          {"/cart?livefix-preview=P&a=1", "/cart?a=1"},
                          {"/cart?livefix-preview=P&livefix-preview=Q", "/cart"}}) {
    const auto link = preview_link(one.target);
    ASSERT_TRUE(link) << one.target;
    EXPECT_EQ(link->pass, "P") << one.target;
    EXPECT_EQ(link->place, one.place);
  }
  for (const char* none : {"/", "/cart?a=1", "/livefix-preview=P", "/?xlivefix-preview=P",
                           "/?livefix-preview", "/?a=livefix-preview", "*"}) {
    EXPECT_FALSE(preview_link(none)) << none;
  }
}

TEST_F(PreviewLinks, ALinkLeadsToNoOtherHost) {
  for (const std::string_view path : {"//evil.example/", "/\\evil.example/", "///evil.example",
                                      "//evil.example@x/", "\\\\evil"}) {
    const auto link = preview_link(std::string(path) + "?livefix-preview=P");
    ASSERT_TRUE(link) << path;
    ASSERT_GE(link->place.size(), 2U);
    EXPECT_EQ(link->place[0], '/') << link->place;
    EXPECT_NE(link->place[1], '/') << link->place;
    if (path.starts_with('/')) {
      EXPECT_EQ(link->place, "/." + std::string(path));
    }
  }
  EXPECT_EQ(preview_link("\\\\evil?livefix-preview=P")->place, "/./\\\\evil");
}

TEST_F(PreviewLinks, TheAnswerSaysWhatAnsweredAndIsKeptNowhere) {
  ResponseHead answer;
  const std::string_view text =
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nCache-Control: public\r\n\r\n";
  ASSERT_TRUE(std::holds_alternative<Complete>(scan_response(text, answer)));
  std::array<char, 1024> out{};
  const std::size_t size = compose_response(answer, {.preview = "candidate 7f3c2d1"}, out);
  const std::string_view composed_answer(out.data(), size);
  EXPECT_NE(composed_answer.find("\r\nLivefix-Preview: candidate 7f3c2d1\r\n"),
            std::string_view::npos);
  EXPECT_NE(composed_answer.find("\r\nCache-Control: no-store\r\n"), std::string_view::npos);
  const std::size_t plain = compose_response(answer, {}, out);
  EXPECT_EQ(std::string_view(out.data(), plain).find("no-store"), std::string_view::npos);
}

}  // namespace
}  // namespace livefix::http
