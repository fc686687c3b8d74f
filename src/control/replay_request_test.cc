#include "control/replay_request.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

observe::ExchangeRecord recorded_request(std::string_view head, std::string_view body = "") {
  RecordFrame frame;
  frame.cause = RecordCause::status;
  frame.status = 500;
  const std::string request = std::string(head) + "\r\n" + std::string(body);
  frame.request = request;
  frame.answer = "HTTP/1.1 500 Oh\r\n\r\n";
  return observe::parse_exchange(17, frame);
}

std::string_view unfit(std::string_view head, std::string_view body = "") {
  return unfit_for_replay(recorded_request(head, body), BackendProtocol::automatic);
}

TEST(ReplayRequest, IsTheOneThatWasRecordedWithItsCredentials) {
  const auto record = recorded_request(
      "POST /checkout?step=2 HTTP/1.1\r\nHost: shop.example\r\nAuthorization: Bearer planted\r\n"
      "Cookie: sid=planted\r\nAccept-Encoding: gzip\r\nContent-Length: 8\r\n",
      "coupon=x");
  const auto made = replay_request(record, ReplayCoding::as_recorded);
  EXPECT_EQ(made.bytes,
            "POST /checkout?step=2 HTTP/1.1\r\nHost: shop.example\r\nAuthorization: Bearer "
            "planted\r\nCookie: sid=planted\r\nAccept-Encoding: gzip\r\nContent-Length: 8\r\n"
            "Livefix-Replay: 17\r\nConnection: close\r\n\r\ncoupon=x");
  EXPECT_EQ(made.method, http::Method::post);
}

TEST(ReplayRequest, MakesFieldsOfTheConnectionAnew) {
  const auto record = recorded_request(
      "PUT / HTTP/1.1\r\nhost: a\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\n"
      "Transfer-Encoding: chunked\r\nTE: trailers\r\nExpect: 100-continue\r\nX-Stays: 1\r\n"
      "Livefix-Replay: 3\r\nAccept-Encoding: br\r\n",
      "4\r\nfour\r\n0\r\n\r\n");
  EXPECT_EQ(replay_request(record, ReplayCoding::plain).bytes,
            "PUT / HTTP/1.1\r\nhost: a\r\nX-Stays: 1\r\nAccept-Encoding: identity\r\n"
            "Content-Length: 4\r\nLivefix-Replay: 17\r\nConnection: close\r\n\r\nfour");
}

TEST(ReplayRequest, HasNoLengthWhereThereWasNoBody) {
  const auto made =
      replay_request(recorded_request("HEAD / HTTP/1.1\r\nHost: a\r\n"), ReplayCoding::plain);
  EXPECT_EQ(made.bytes.find("Content-Length"), std::string::npos);
  EXPECT_EQ(made.method, http::Method::head);
}

TEST(ReplayRequest, IsOfASafeMethodOrOneThatTheServiceChose) {
  ReplaySpec spec;
  for (const char* safe : {"GET", "HEAD", "OPTIONS"}) EXPECT_TRUE(is_replayed(safe, spec));
  for (const char* other : {"POST", "PUT", "DELETE", "get", ""}) {
    EXPECT_FALSE(is_replayed(other, spec)) << other;
  }
  spec.methods = {"POST"};
  EXPECT_TRUE(is_replayed("POST", spec));
  EXPECT_FALSE(is_replayed("DELETE", spec));
}

TEST(ReplayRequest, IsNotMadeOfWhatIsNotWhole) {
  EXPECT_EQ(unfit("GET / HTTP/1.1\r\nHost: a\r\n"), "");
  EXPECT_NE(unfit("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n", "half").find("not come"),
            std::string_view::npos);
  auto record = recorded_request("GET / HTTP/1.1\r\nHost: a\r\n");
  record.request.cut = true;
  EXPECT_NE(unfit_for_replay(record, BackendProtocol::automatic).find("only the beginning"),
            std::string_view::npos);
}

TEST(ReplayRequest, IsNotMadeOfOtherProtocols) {
  EXPECT_NE(unfit("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n").find("another protocol"),
            std::string_view::npos);
  EXPECT_NE(
      unfit("POST /a.B/C HTTP/1.1\r\nContent-Type: application/grpc+proto\r\n").find("HTTP/2"),
      std::string_view::npos);
  EXPECT_EQ(unfit("POST /a HTTP/1.1\r\nContent-Type: application/grpc-web\r\n"), "");
  const auto plain = recorded_request("GET / HTTP/1.1\r\nHost: a\r\n");
  EXPECT_NE(unfit_for_replay(plain, BackendProtocol::http2).find("HTTP/2"), std::string_view::npos);
}

// The record came from the proxy, which may have been taken over.
TEST(ReplayRequest, IsNotMadeOfNonsense) {
  for (const char* head :
       {"", "GET", "G ET / HTTP/1.1\r\n", "GET a HTTP/1.1\r\n", "CONNECT a:80 HTTP/1.1\r\n",
        "GET /\tx HTTP/1.1\r\n", "GET / HTTP/1.1\r\nX: a\nInjected: b\r\n",
        "GET / HTTP/1.1\r\nX y: a\r\n", "GET /\n HTTP/1.1\r\n"}) {
    EXPECT_NE(unfit(head), "") << head;
  }
}

}  // namespace
}  // namespace livefix::control
