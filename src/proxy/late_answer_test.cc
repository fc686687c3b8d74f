// When a program is too late with its answer, and when it is its client that holds things up.
#include <gtest/gtest.h>

#include "proxy/http2_peer.h"

namespace livefix::proxy {
namespace {

using namespace livefix::proxy::testing;

constexpr std::size_t kMuch = 20'000'000;  // more than all buffers on its way
constexpr Milliseconds kPause{200};
constexpr const char* kSilentPath = "/silent";

// A service whose answers may pause for 200 ms.
class Shop {
 public:
  explicit Shop(ScriptedBackend::Script script, const ProxyLimits& limits = {})
      : backend_([script = std::move(script)](Peer& peer) {
          const std::string head = peer.read_head();
          if (!head.starts_with(fmt::format("GET {}", kSilentPath))) return script(peer);
          peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
          peer.read_all();
        }),
        proxy_(1, with(limits)) {
    RoutingPlan plan{PlanVersion{1}, {route(1, 100, proxy_.port(), backend_.address())}, {}};
    plan.traffic.limits.idle_answer = kPause;
    proxy_.use_plan(plan);
  }

  ProxyHarness& proxy() { return proxy_; }
  // Until a program that began to be silent after this call was given up, and once more for what
  // the first time overlapped with.
  void let_time_pass() {
    for (int i = 0; i < 2; ++i) {
      Peer clock = proxy_.connect();
      clock.send(get(kSilentPath));
      clock.read_all();
      EXPECT_TRUE(clock.was_reset());
      ++blamed_;
    }
  }
  // How often the program was blamed, beside what was needed to see time pass.
  std::uint64_t failures() { return proxy_.count(1, &GenerationCounters::lost) - blamed_; }

 private:
  ScriptedBackend backend_;
  ProxyHarness proxy_;
  std::uint64_t blamed_ = 0;
};

void answer_much(Peer& peer) {
  peer.send(ok(std::string(kMuch, 'x')));
  peer.read_all();
}

TEST(LateAnswer, AClientThatStopsReadingIsNotTheProgramsFault) {
  Shop shop(answer_much);
  Peer client = shop.proxy().connect();
  client.send(get());
  const std::string head = client.read_head();
  shop.let_time_pass();
  EXPECT_EQ(client.read(kMuch).size(), kMuch);
  EXPECT_EQ(shop.failures(), 0U);
}

TEST(LateAnswer, NorIsAnHttp2ClientThatOpensNoWindow) {
  Shop shop(answer_much);
  Http2Peer client(shop.proxy());
  const int stream = client.get();
  EXPECT_FALSE(client.next(NGHTTP2_DATA, stream).payload.empty());
  shop.let_time_pass();
  client.open(0, 1 << 30);
  client.open(stream, 1 << 30);
  const std::string rest = client.answer(stream);
  EXPECT_GT(rest.size(), kMuch - 65'535);
  EXPECT_EQ(shop.failures(), 0U);
}

// All of it is in the proxy, so that no byte of the program would make anybody look at the client.
TEST(LateAnswer, AClientThatTakesNothingIsCutByItsOwnLimit) {
  std::atomic<bool> left{false};
  Shop shop(
      [&left](Peer& peer) {
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + std::string(200'000, 'x'));
        peer.read_all();
        left = true;
      },
      {.body_time = 2 * kPause});
  Http2Peer client(shop.proxy(), 0);
  client.get();
  EXPECT_EQ(client.next(NGHTTP2_RST_STREAM, 1).error(), NGHTTP2_INTERNAL_ERROR);
  EXPECT_TRUE(ProxyHarness::eventually([&] { return left.load(); }));
  EXPECT_EQ(shop.failures(), 0U);
}

TEST(LateAnswer, AProgramIsCutWhenItsClientReadsOnAndItSaysNothing) {
  Shop shop([](Peer& peer) {
    peer.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", kMuch + 1));
    peer.send(std::string(kMuch, 'x'));
    peer.read_all();
  });
  Peer client = shop.proxy().connect();
  client.send(get());
  client.read_head();
  shop.let_time_pass();
  EXPECT_EQ(client.read(kMuch).size(), kMuch);
  client.read_all();
  EXPECT_TRUE(client.was_reset());
  EXPECT_EQ(shop.failures(), 1U);
}

// --- the client has not said everything ----------------------------------------------------------

constexpr const char* kChunkedPost =
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";

TEST(LateAnswer, AProgramMayWaitForTheBodyThatItAskedFor) {
  Shop shop([](Peer& peer) {
    peer.send("HTTP/1.1 100 Continue\r\n\r\n");
    peer.read_until("0\r\n\r\n");
    peer.send(ok("all of it"));
    peer.read_all();
  });
  Peer client = shop.proxy().connect();
  client.send(kChunkedPost);
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 100"));
  shop.let_time_pass();
  client.send("0\r\n\r\n");
  EXPECT_TRUE(client.read_message().ends_with("all of it"));
  EXPECT_EQ(shop.failures(), 0U);
}

TEST(LateAnswer, AProgramMayWaitForItsClientInsideOfItsAnswer) {
  const auto talk = [](Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    peer.read_until("\r\n0\r\n\r\n");
    peer.send("1\r\nb\r\n0\r\n\r\n");
    peer.read_all();
  };
  Shop shop(talk);
  Peer old = shop.proxy().connect();
  old.send(kChunkedPost);
  EXPECT_TRUE(old.read_until("1\r\na\r\n").starts_with("HTTP/1.1 200"));
  Http2Peer client(shop.proxy());
  const int stream = client.ask(NGHTTP2_FLAG_END_HEADERS, head("POST", "/"));
  EXPECT_EQ(client.next(NGHTTP2_DATA, stream).payload, "a");
  client.send(frame(NGHTTP2_DATA, 0, stream, "abc"));
  shop.let_time_pass();
  old.send("0\r\n\r\n");
  EXPECT_EQ(old.read_until("0\r\n\r\n"), "1\r\nb\r\n0\r\n\r\n");
  client.send(frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream, "d"));
  EXPECT_EQ(client.answer(stream), "b");
  EXPECT_EQ(shop.failures(), 0U);
}

TEST(LateAnswer, AProgramThatDoesNotTakeTheBodyIsCut) {
  std::atomic<bool> over{false};
  Shop shop([&over](Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    EXPECT_TRUE(ProxyHarness::eventually([&] { return over.load(); }));
  });
  Peer client = shop.proxy().connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n");
  EXPECT_TRUE(client.read_until("1\r\na\r\n").starts_with("HTTP/1.1 200"));
  EXPECT_FALSE(client.send(std::string(kMuch, 'x')));
  over = true;
  EXPECT_EQ(shop.failures(), 1U);
}

TEST(LateAnswer, AProgramThatTakesTheBodySlowlyIsNot) {
  Shop shop([](Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    // Longer than it may be silent, and never long without a step.
    const TimePoint end = Clock::now() + 3 * kPause;
    std::size_t taken = 0;
    for (; Clock::now() < end; std::this_thread::sleep_for(Milliseconds{2})) {
      taken += peer.read(50'000).size();
    }
    taken += peer.read(kMuch - taken).size();
    peer.send(taken == kMuch ? "1\r\nb\r\n0\r\n\r\n" : "0\r\n\r\n");
    peer.read_all();
  });
  Peer client = shop.proxy().connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\n");
  EXPECT_TRUE(client.read_until("1\r\na\r\n").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(client.send(std::string(kMuch, 'x')));
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "1\r\nb\r\n0\r\n\r\n");
  EXPECT_EQ(shop.failures(), 0U);
}

TEST(LateAnswer, AnInterimAnswerIsNone) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 102 Processing\r\n\r\n");
    peer.read_all();
  });
  ProxyHarness proxy;
  RoutingPlan plan{PlanVersion{1}, {route(1, 100, proxy.port(), backend.address())}, {}};
  plan.traffic.limits.answer = kPause;
  proxy.use_plan(plan);
  Peer client = proxy.connect();
  client.send(get());
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 102"));
  EXPECT_TRUE(client.read_message().starts_with("HTTP/1.1 504"));
  EXPECT_EQ(proxy.count(1, &GenerationCounters::timeouts), 1U);
}

// --- gRPC ----------------------------------------------------------------------------------------

// Says one thing on each stream, and ends the first one with its client.
void talk_grpc(Peer& accepted) {
  Http2Peer peer(std::move(accepted));
  for (Frame one = peer.read(); one.type >= 0; one = peer.read()) {
    if (one.type == NGHTTP2_HEADERS) {
      peer.send(
          frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, one.stream, field(":status", "200")) +
          frame(NGHTTP2_DATA, 0, one.stream, "first"));
    } else if (one.type == NGHTTP2_DATA && one.flags & NGHTTP2_FLAG_END_STREAM && one.stream == 1) {
      peer.send(frame(NGHTTP2_HEADERS, Http2Peer::kWhole, one.stream, field("grpc-status", "0")));
    }
  }
}

TEST(LateAnswer, ACallOfGrpcMayBeSilentWhileItsClientIs) {
  ScriptedBackend backend(talk_grpc);
  ProxyHarness proxy;
  RoutingPlan plan{PlanVersion{1}, {route(1, 100, proxy.port(), backend.address())}, {}};
  plan.traffic.limits.idle_answer = kPause;
  proxy.use_plan(plan);
  Http2Peer client(proxy);
  const std::string call =
      head("POST", "/shop.Shop/Talk") + field("content-type", "application/grpc");
  const int talk = client.ask(NGHTTP2_FLAG_END_HEADERS, call);
  EXPECT_EQ(client.next(NGHTTP2_DATA, talk).payload, "first");
  // Calls whose clients have said everything are given up meanwhile.
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(client.answer(client.ask(Http2Peer::kWhole, call)), "first");
  }
  EXPECT_EQ(proxy.count(1, &GenerationCounters::lost), 2U);
  client.send(frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, talk));
  EXPECT_EQ(client.answer(talk), "");
  EXPECT_EQ(proxy.count(1, &GenerationCounters::lost), 2U);
  EXPECT_EQ(proxy.count(1, &GenerationCounters::answered), 1U);
}

}  // namespace
}  // namespace livefix::proxy
