// Clients of HTTP/2 that have requests and say nothing: who is gone, and who is only silent.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "proxy/http2_peer.h"

namespace livefix::proxy {
namespace {

using namespace livefix::proxy::testing;

constexpr const char* kBegun = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na";

ProxySpec pinging(Milliseconds interval) {
  return with({.http2_ping = interval});
}

constexpr Milliseconds kSoon{30};

bool is_ping(const Frame& one) {
  return one.type == NGHTTP2_PING && !(one.flags & NGHTTP2_FLAG_ACK);
}

class Http2Ping : public ::testing::Test {
 protected:
  std::atomic<bool> go_{false};  // on with the answer
  ScriptedBackend backend_{[this](Peer& peer) {
    peer.read_head();
    peer.send(kBegun);
    EXPECT_TRUE(ProxyHarness::eventually([this] { return go_.load(); }));
    peer.send("bcd");
    peer.read_all();
  }};
};

TEST(Http2Silence, AClientThatShowsNoSignOfLifeHasLeft) {
  std::atomic<bool> told{false};
  ScriptedBackend silent([&told](Peer& peer) {
    peer.read_head();
    peer.send(kBegun);
    peer.read_all();
    told = true;
  });
  ProxyHarness proxy(1, pinging(kSoon), {.pong = kSoon});
  proxy.use(silent);
  Http2Peer client(proxy);
  EXPECT_EQ(client.next(NGHTTP2_DATA, client.get()).payload, "a");
  EXPECT_TRUE(is_ping(client.next(NGHTTP2_PING, 0)));
  EXPECT_TRUE(client.is_closed());
  EXPECT_TRUE(ProxyHarness::eventually([&] { return told.load(); }));
  EXPECT_TRUE(ProxyHarness::eventually([&] {
    return proxy.sum(&WorkerCounters::connections) == 0 &&
           proxy.count(1, &GenerationCounters::in_flight) == 0;
  }));
  EXPECT_EQ(proxy.count(1, &GenerationCounters::lost), 0U) << "it is not the program's fault";
}

TEST_F(Http2Ping, WhoOnlyAnswersPingsStays) {
  ProxyHarness proxy(1, pinging(kSoon), {.pong = Milliseconds{2'000}});
  proxy.use(backend_);
  Http2Peer client(proxy);
  const int stream = client.get();
  EXPECT_EQ(client.next(NGHTTP2_DATA, stream).payload, "a");
  for (int i = 0; i < 10; ++i) {
    const Frame ping = client.next(NGHTTP2_PING, 0);
    ASSERT_TRUE(is_ping(ping)) << i;
    client.send(frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, ping.payload));
  }
  go_ = true;
  EXPECT_EQ(client.answer(stream), "bcd");
}

TEST_F(Http2Ping, AnyOtherWordIsASignOfLifeAsWell) {
  ProxyHarness proxy(1, pinging(kSoon), {.pong = Milliseconds{2'000}});
  proxy.use(backend_);
  Http2Peer client(proxy);
  const int stream = client.get();
  EXPECT_EQ(client.next(NGHTTP2_DATA, stream).payload, "a");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(is_ping(client.next(NGHTTP2_PING, 0))) << i;
    client.open(0, 1);
  }
  go_ = true;
  EXPECT_EQ(client.answer(stream), "bcd");
}

// That has a time of its own.
TEST(Http2Silence, WithoutRequestsThereAreNone) {
  ScriptedBackend quick(always("x"));
  ProxyHarness proxy(1, with({.idle = Milliseconds{200}, .http2_ping = kSoon}), {.pong = kSoon});
  proxy.use(quick);
  Http2Peer client(proxy);
  EXPECT_EQ(client.answer(client.get()), "x");
  for (Frame one = client.read(); one.type != NGHTTP2_GOAWAY; one = client.read()) {
    ASSERT_FALSE(is_ping(one));
    ASSERT_GE(one.type, 0);
  }
}

TEST_F(Http2Ping, CanBeSwitchedOff) {
  ProxyHarness proxy(1, with({.head_time = Milliseconds{200}, .http2_ping = Milliseconds{0}}));
  proxy.use(backend_);
  Http2Peer client(proxy);
  const int stream = client.get();
  EXPECT_EQ(client.next(NGHTTP2_DATA, stream).payload, "a");
  Http2Peer other(proxy);  // without a request, and not for long
  EXPECT_TRUE(other.is_closed());
  go_ = true;
  for (Frame one = client.read(); !(one.flags & NGHTTP2_FLAG_END_STREAM); one = client.read()) {
    ASSERT_FALSE(is_ping(one));
    ASSERT_GE(one.type, 0);
  }
}

// The answer to the one says nothing of whether the client knows about the other.
TEST_F(Http2Ping, IsNotTakenForThatOfADrain) {
  ProxyHarness proxy(1, pinging(kSoon));
  ScriptedBackend next(always("next"));
  proxy.use(backend_);
  Http2Peer client(proxy);
  const int stream = client.get();
  EXPECT_EQ(client.next(NGHTTP2_DATA, stream).payload, "a");
  const Frame first = client.next(NGHTTP2_PING, 0);
  proxy.use(
      {route(2, 100, proxy.port(), next.address()), route(1, 0, proxy.port(), backend_.address())});
  proxy.tell(link::DrainProxy{});
  const Frame announced = client.read();
  ASSERT_EQ(announced.type, NGHTTP2_GOAWAY) << "who answers the ping has read it";
  EXPECT_EQ(announced.number(0), 0x7fffffffU);
  const Frame second = client.read();
  ASSERT_TRUE(is_ping(second));
  client.send(frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, first.payload) +
              frame(NGHTTP2_PING, 0, 0, "is it in"));
  EXPECT_EQ(client.next(NGHTTP2_PING, 0).payload, "is it in");
  EXPECT_EQ(client.answer(client.get()), "next") << "the client knew of no end";
  client.send(frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, second.payload));
  EXPECT_EQ(client.next(NGHTTP2_GOAWAY, 0).number(0), 3U);
  go_ = true;
  EXPECT_EQ(client.answer(stream), "bcd");
}

// A ping reaches a client like that long after it was sent.
TEST(Http2Silence, WhoTakesItsAnswerSlowlyIsThere) {
  constexpr std::size_t kSize = 40'000'000;
  ScriptedBackend large(always(std::string(kSize, 'x')));
  ProxyHarness proxy(1, pinging(kSoon), {.pong = Milliseconds{200}});
  proxy.use(large);
  Http2Peer client(proxy, 1 << 30);
  const int little = 256 * 1024;
  setsockopt(client.peer().fd(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
  client.open(0, 1 << 30);
  const int stream = client.get();
  std::size_t got = 0;
  // Longer than a client that takes nothing has, and never long without a step.
  const TimePoint end = Clock::now() + Milliseconds{900};
  while (Clock::now() < end && got < kSize) {
    const Frame one = client.next(NGHTTP2_DATA, stream);
    ASSERT_GE(one.type, 0) << "after " << got;
    got += one.payload.size();
    std::this_thread::sleep_for(Milliseconds{2});
  }
  EXPECT_LT(got, kSize) << "it was not slow";
  EXPECT_EQ(client.answer(stream).size(), kSize - got);
}

}  // namespace
}  // namespace livefix::proxy
