#include <gtest/gtest.h>

#include <string>

#include "http/request_composer.h"
#include "http/request_scanner.h"
#include "http/response_composer.h"
#include "http/response_scanner.h"

namespace livefix::http {
namespace {

std::string request(const std::string& input, std::string_view ip = "192.0.2.1",
                    bool is_trusted = true) {
  RequestHead head;
  EXPECT_TRUE(std::holds_alternative<Complete>(scan_request(input, head))) << input;
  std::string out(input.size() + kMaxRequestGrowth, '\0');
  out.resize(compose_request(head, {ip, "http", "localhost:3000", is_trusted}, out));
  EXPECT_FALSE(out.empty());
  return out;
}

std::string response(const std::string& input, ResponseRewrite rewrite = {}) {
  ResponseHead head;
  EXPECT_TRUE(std::holds_alternative<Complete>(scan_response(input, head))) << input;
  std::string out(input.size() + kMaxResponseGrowth, '\0');
  out.resize(compose_response(head, rewrite, out));
  return out;
}

constexpr const char* kOrigin =
    "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\nForwarded: "
    "for=192.0.2.1;proto=http\r\n\r\n";

TEST(RequestComposer, AddsWhereItCameFrom) {
  EXPECT_EQ(request("GET /a HTTP/1.1\r\nhost: x\r\nA:b\r\n\r\n"),
            std::string("GET /a HTTP/1.1\r\nhost: x\r\nA: b\r\n") + kOrigin);
}

TEST(RequestComposer, AppendsToWhatProxiesInFrontSaid) {
  EXPECT_EQ(
      request("GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: "
              "https\r\nX-Forwarded-For: 198.51.100.2\r\nForwarded: for=198.51.100.1\r\n\r\n",
              "2001:db8::1"),
      "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: https\r\n"
      "X-Forwarded-For: 198.51.100.1, 198.51.100.2, 2001:db8::1\r\n"
      "Forwarded: for=198.51.100.1, for=\"[2001:db8::1]\";proto=http\r\n\r\n");
}

TEST(RequestComposer, DropsWhatSomebodyElseSaid) {
  const std::string said =
      "X-Forwarded-For: 1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: a\r\nX-Real-IP: 2\r\n"
      "X-Forwarded-Port: 3\r\nX-Forwarded-Prefix: /x\r\nX-Forwarded-Server: b\r\n"
      "X-Forwarded-Ssl: on\r\nForwarded: for=1\r\n";
  EXPECT_EQ(request("GET / HTTP/1.1\r\nHost: x\r\n" + said + "\r\n", "192.0.2.1", false),
            std::string("GET / HTTP/1.1\r\nHost: x\r\n") + kOrigin);
}

TEST(RequestComposer, PutsTheIdInPlaceOfTheClients) {
  RequestHead head;
  const std::string input = "GET / HTTP/1.1\r\nHost: x\r\nx-request-id: theirs\r\n\r\n";
  ASSERT_TRUE(std::holds_alternative<Complete>(scan_request(input, head)));
  std::string out(input.size() + kMaxRequestGrowth, '\0');
  out.resize(compose_request(head,
                             {.client_ip = "192.0.2.1",
                              .scheme = "http",
                              .default_host = "x",
                              .is_trusted = false,
                              .id_field = "X-Request-Id",
                              .id = "ours"},
                             out));
  EXPECT_EQ(out, std::string("GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: ours\r\n") + kOrigin);
}

TEST(RequestComposer, AnOpenQuoteDoesNotSwallowWhatWeAdd) {
  for (const std::string theirs : {"for=\"x", "for=\"x\\", "for=\"x\\\""}) {
    const auto composed = request("GET / HTTP/1.1\r\nHost: x\r\nForwarded: " + theirs + "\r\n\r\n");
    EXPECT_NE(composed.find("Forwarded: for=192.0.2.1;proto=http\r\n"), std::string::npos)
        << composed;
  }
}

TEST(RequestComposer, TakesHopByHopFieldsOff) {
  EXPECT_EQ(request("GET / HTTP/1.1\r\nHost: x\r\nConnection: close, X-Secret\r\nX-Secret: 1\r\n"
                    "Keep-Alive: timeout=5\r\nProxy-Connection: a\r\nProxy-Authorization: b\r\n"
                    "TE: gzip\r\nUpgrade: h2c\r\nHTTP2-Settings: c\r\n\r\n"),
            std::string("GET / HTTP/1.1\r\nHost: x\r\n") + kOrigin);
}

TEST(RequestComposer, LetsConnectionNameNothingThatMatters) {
  EXPECT_EQ(
      request("POST / HTTP/1.1\r\nHost: x\r\nConnection: host, content-length, "
              "X-Forwarded-For, x-forwarded-proto, forwarded, x-forwarded-host\r\n"
              "Content-Length: 5\r\nX-Forwarded-Host: y\r\n\r\n"),
      std::string("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nX-Forwarded-Host: y\r\n") +
          kOrigin);
}

TEST(RequestComposer, NormalisesTargetHostAndFraming) {
  EXPECT_EQ(
      request("POST http://y?q HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"),
      std::string("POST /?q HTTP/1.1\r\nHost: y\r\nTransfer-Encoding: chunked\r\n") + kOrigin);
  EXPECT_EQ(
      request("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 05, 5\r\nContent-Length: 5\r\n\r\n"),
      std::string("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n") + kOrigin);
  EXPECT_EQ(request("GET / HTTP/1.0\r\n\r\n"),
            std::string("GET / HTTP/1.1\r\nHost: localhost:3000\r\n") + kOrigin);
}

TEST(RequestComposer, PassesUpgradeAndTrailersOn) {
  EXPECT_EQ(request("GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: "
                    "websocket\r\nTE: trailers, deflate\r\n\r\n"),
            std::string("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, TE\r\nUpgrade: "
                        "websocket\r\nTE: trailers\r\n") +
                kOrigin);
}

TEST(RequestComposer, SaysWhenThereIsNoRoom) {
  RequestHead head;
  scan_request("GET / HTTP/1.1\r\nHost: x\r\n\r\n", head);
  char small[40];
  EXPECT_EQ(compose_request(head, {"192.0.2.1", "http", ""}, small), 0U);
}

TEST(ResponseComposer, TakesHopByHopFieldsOff) {
  EXPECT_EQ(response("HTTP/1.0 200 OK\r\nConnection: keep-alive, X-A\r\nX-A: 1\r\nKeep-Alive: "
                     "timeout=5\r\nUpgrade: h2c\r\nContent-Length: 3\r\nB: c\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nB: c\r\n\r\n");
}

TEST(ResponseComposer, WritesItsOwnConnection) {
  const std::string input = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(response(input), input);
  EXPECT_EQ(response(input, {ClientConnectionField::close, true}),
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(
      response("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", {ClientConnectionField::keep_alive}),
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n");
}

TEST(ResponseComposer, KeepsWhatAnUpgradeNeeds) {
  EXPECT_EQ(
      response(
          "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
          {ClientConnectionField::upgrade}),
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_EQ(
      response("HTTP/1.1 426 x\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n"),
      "HTTP/1.1 426 x\r\nContent-Length: 0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
}

TEST(ResponseComposer, DropsAFramingThatAStatusCannotHave) {
  EXPECT_EQ(response("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"),
            "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(response("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n"),
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
}

}  // namespace
}  // namespace livefix::http
