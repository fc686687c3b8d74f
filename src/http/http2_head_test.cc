// What becomes of the fields of HTTP/2 messages: heads of HTTP/1.1 that the strict scanners take,
// or nothing.
#include "http/http2_head.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

#include "http/request_scanner.h"
#include "http/response_scanner.h"

namespace livefix::http {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view kKey = "a2V5";

// The head, or nullopt where a field or the whole is malformed.
std::optional<std::string> request(const Fields& fields, bool ends = true) {
  Http2RequestHead head;
  for (const auto& [name, value] : fields) {
    if (!head.add(name, value)) return std::nullopt;
  }
  return head.compose(ends, kKey);
}

Fields get(const Fields& more) {
  Fields fields = {{":method", "GET"}, {":scheme", "http"}, {":authority", "shop"}, {":path", "/"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

TEST(Http2RequestHead, BecomesOneRequestThatClosesItsConnection) {
  EXPECT_EQ(request(get({{"accept", "*/*"}})),
            "GET / HTTP/1.1\r\nhost: shop\r\naccept: */*\r\nconnection: close\r\n\r\n");
}

TEST(Http2RequestHead, FramesTheBodyByItsLengthOrInChunks) {
  const Fields post = {{":method", "POST"}, {":authority", "shop"}, {":path", "/"}};
  EXPECT_EQ(request(post, false),
            "POST / HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\nconnection: "
            "close\r\n\r\n");
  EXPECT_EQ(request(post, true),
            "POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  Fields with_length = post;
  with_length.emplace_back("content-length", "3");
  EXPECT_EQ(request(with_length, false),
            "POST / HTTP/1.1\r\nhost: shop\r\ncontent-length: 3\r\nconnection: close\r\n\r\n");
}

TEST(Http2RequestHead, JoinsTheCrumbsOfACookie) {
  EXPECT_EQ(request(get({{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}})),
            "GET / HTTP/1.1\r\nhost: shop\r\nx: y\r\ncookie: a=1; b=2\r\nconnection: "
            "close\r\n\r\n");
}

TEST(Http2RequestHead, HasOneHost) {
  EXPECT_TRUE(request(get({{"host", "SHOP"}})));
  EXPECT_EQ(request(get({{"host", "shop"}}))->find("host"),
            request(get({{"host", "shop"}}))->rfind("host"));
  EXPECT_FALSE(request(get({{"host", "other"}})));
  EXPECT_FALSE(request(get({{"host", "shop"}, {"host", "shop"}})));
  EXPECT_EQ(request({{":method", "GET"}, {":path", "/"}, {"host", "old"}}),
            "GET / HTTP/1.1\r\nhost: old\r\nconnection: close\r\n\r\n");
}

TEST(Http2RequestHead, TakesNoAuthorityFromThePath) {
  const auto with_path = [](std::string_view method, std::string_view path) {
    return request({{":method", std::string(method)},
                    {":scheme", "ftp"},
                    {":authority", "shop"},
                    {":path", std::string(path)}});
  };
  EXPECT_TRUE(with_path("GET", "/a?b"));
  EXPECT_TRUE(with_path("OPTIONS", "*"));
  EXPECT_FALSE(with_path("GET", "http://other/"));
  EXPECT_FALSE(with_path("GET", "*"));
  EXPECT_FALSE(with_path("GET", "a"));
  EXPECT_FALSE(with_path("GET", "?a"));
}

TEST(Http2RequestHead, RefusesWhatCouldEndALine) {
  for (const std::string bad : {"a\r\nx: y", "a\n", "a\rb", " a", "a ", "\ta", "a\x7f"}) {
    EXPECT_FALSE(request(get({{"x", bad}}))) << bad;
  }
  EXPECT_FALSE(request(get({{"x", std::string("a\0b", 3)}})));
  for (const std::string& bad : {std::string("/ HTTP/1.1\r\nx: y"), std::string("/a b"),
                                 std::string("/\0", 2), std::string("/\x7f")}) {
    EXPECT_FALSE(request({{":method", "GET"}, {":authority", "a"}, {":path", bad}})) << bad;
    EXPECT_FALSE(request({{":method", "GET"}, {":authority", bad}, {":path", "/"}})) << bad;
    EXPECT_FALSE(request({{":method", bad}, {":authority", "a"}, {":path", "/"}})) << bad;
    EXPECT_FALSE(request(get({{"host", bad}}))) << bad;
  }
  for (const std::string bad : {"", "A", "a b", "a:", "a\r\nb", ":status", ":other"}) {
    EXPECT_FALSE(request(get({{bad, "x"}}))) << bad;
  }
}

TEST(Http2RequestHead, RefusesFieldsOfAConnection) {
  for (const char* name :
       {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
    EXPECT_FALSE(request(get({{name, "x"}}))) << name;
  }
  EXPECT_TRUE(request(get({{"te", "trailers"}})));
  EXPECT_FALSE(request(get({{"te", "gzip"}})));
}

TEST(Http2RequestHead, RefusesPseudoFieldsThatComeTwiceOrNotAtAll) {
  for (const auto& [name, value] : get({})) {
    if (name == ":scheme") continue;  // of no account
    EXPECT_FALSE(request(get({{name, value}}))) << name;
  }
  EXPECT_FALSE(request({{":authority", "shop"}, {":path", "/"}}));
  EXPECT_FALSE(request({{":method", "GET"}, {":authority", "shop"}}));
}

TEST(Http2RequestHead, IsBounded) {
  Http2RequestHead head;
  std::size_t taken = 0;
  const std::string value(1000, 'v');
  while (head.add("name", value)) taken += value.size();
  EXPECT_LE(taken, kMaxHeadBytes);
  EXPECT_GT(taken, kMaxHeadBytes / 2);
  Http2RequestHead cookies;
  taken = 0;
  while (cookies.add("cookie", value)) taken += value.size();
  EXPECT_LE(taken, kMaxHeadBytes);
}

TEST(Http2RequestHead, BecomesAnUpgradeForAWebSocket) {
  const Fields connect = {{":method", "CONNECT"},
                          {":protocol", "websocket"},
                          {":scheme", "http"},
                          {":authority", "shop"},
                          {":path", "/chat"}};
  const std::string expected =
      "GET /chat HTTP/1.1\r\nhost: shop\r\nupgrade: websocket\r\nconnection: upgrade, "
      "close\r\nsec-websocket-key: a2V5\r\n\r\n";
  EXPECT_EQ(request(connect, false), expected);
  const auto with = [&](const std::string& name, const std::string& value) {
    Fields fields = connect;
    fields.emplace_back(name, value);
    return request(fields, false);
  };
  EXPECT_EQ(with("sec-websocket-key", "one too many"), expected);
  EXPECT_FALSE(with("content-length", "5"));
  EXPECT_FALSE(with(":protocol", "websocket"));
  Fields other_method = connect;
  other_method[0].second = "GET";
  EXPECT_FALSE(request(other_method, false));
  Fields no_token = connect;
  no_token[1].second = "websocket,h2c";
  EXPECT_FALSE(request(no_token, false));
  Fields no_path = connect;
  no_path.pop_back();
  EXPECT_FALSE(request(no_path, false));
}

// Whatever passes is one request to the scanner, and as long as the scanner thinks.
TEST(Http2RequestHead, IsReadByTheScannerAsItWasWritten) {
  const std::vector<Fields> all = {
      get({{"x", "a b\tc"}, {"cookie", "a"}, {"te", "trailers"}}),
      {{":method", "BREW"}, {":authority", "[::1]:80"}, {":path", "/pot?x=%20"}},
      {{":method", "CONNECT"}, {":authority", "shop:443"}},
      {{":method", "OPTIONS"}, {":authority", "shop"}, {":path", "*"}}};
  for (const Fields& fields : all) {
    for (const bool ends : {false, true}) {
      const auto composed = request(fields, ends);
      ASSERT_TRUE(composed);
      RequestHead head;
      const auto outcome = scan_request(*composed + "trailing", head);
      ASSERT_TRUE(std::holds_alternative<Complete>(outcome)) << *composed;
      EXPECT_EQ(std::get<Complete>(outcome).size, composed->size());
      EXPECT_FALSE(head.keep_alive);
      EXPECT_EQ(std::holds_alternative<ChunkedBody>(head.body), !ends);
    }
  }
}

TEST(Http2FieldLines, GivesTrailersThatAChunkedBodyMayEndWith) {
  Http2FieldLines lines;
  EXPECT_TRUE(lines.add("grpc-status", "0"));
  EXPECT_FALSE(lines.add(":path", "/"));
  std::string body;
  append_chunk(body, "abc");
  append_chunk(body, "");
  append_last_chunk(body, lines.take());
  EXPECT_EQ(body, "3\r\nabc\r\n0\r\ngrpc-status: 0\r\n\r\n");
}

// --- responses -----------------------------------------------------------------------------------

std::optional<std::string> response(const Fields& fields, bool ends, Method method = Method::get) {
  Http2ResponseHead head;
  for (const auto& [name, value] : fields) {
    if (!head.add(name, value)) return std::nullopt;
  }
  return head.compose(ends, method);
}

TEST(Http2ResponseHead, BecomesAResponseOfEveryFraming) {
  EXPECT_EQ(response({{":status", "200"}}, false),
            "HTTP/1.1 200 \r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(response({{":status", "200"}}, true),
            "HTTP/1.1 200 \r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n");
  EXPECT_EQ(response({{":status", "200"}, {"content-length", "5"}}, false),
            "HTTP/1.1 200 \r\ncontent-length: 5\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(response({{":status", "200"}}, true, Method::head),
            "HTTP/1.1 200 \r\nconnection: close\r\n\r\n");
  EXPECT_EQ(response({{":status", "204"}}, true), "HTTP/1.1 204 \r\nconnection: close\r\n\r\n");
  EXPECT_EQ(response({{":status", "304"}, {"content-length", "9"}}, true),
            "HTTP/1.1 304 \r\ncontent-length: 9\r\nconnection: close\r\n\r\n");
  EXPECT_EQ(response({{":status", "103"}, {"link", "</a>"}}, false),
            "HTTP/1.1 103 \r\nlink: </a>\r\n\r\n");
  for (const int status : {103, 200, 204, 304, 599}) {
    ResponseHead head;
    const auto composed = response({{":status", std::to_string(status)}}, true);
    EXPECT_TRUE(std::holds_alternative<Complete>(scan_response(*composed, head))) << *composed;
    EXPECT_EQ(head.status, status);
  }
}

TEST(Http2ResponseHead, RefusesWhatIsNoStatus) {
  for (const std::string bad : {"", "20", "2000", "abc", "099", "101", "+20", " 20"}) {
    EXPECT_FALSE(response({{":status", bad}}, true)) << bad;
  }
  EXPECT_FALSE(response({{":status", "200"}, {":status", "200"}}, true));
  EXPECT_FALSE(response({{"x", "y"}}, true));
  EXPECT_FALSE(response({{":status", "200"}, {"transfer-encoding", "chunked"}}, true));
}

}  // namespace
}  // namespace livefix::http
