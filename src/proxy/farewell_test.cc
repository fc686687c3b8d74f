// How WebSockets of a generation end when its drain does.
#include <gtest/gtest.h>

#include <mutex>

#include "http/websocket_frames.h"
#include "proxy/proxy_harness.h"

namespace livefix::proxy {
namespace {

using namespace std::string_literals;
using namespace testing;

const std::string kRequest =
    "GET /chat HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bGl2ZWZpeCBpcyBhIHByb3h5\r\n\r\n";
const std::string kAnswer =
    "HTTP/1.1 101 x\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
    "x\r\n\r\n";
const std::string kGoodbye = http::compose_close(http::CloseCode::service_restart);
const std::string kGoingAway = http::compose_close(http::CloseCode::going_away);
// What clients answer: the code once more, under a mask of zeros.
const std::string kClientClose = "\x88\x82\0\0\0\0\x03\xf4"s;

std::string text(std::string_view payload) {
  return "\x81"s + static_cast<char>(payload.size()) + std::string(payload);
}

// A program whose WebSockets do as the test says: `script` goes on after the handshake.
ScriptedBackend::Script websocket(ScriptedBackend::Script script) {
  return [script](Peer& peer) {
    if (peer.read_head().empty()) return;
    peer.send(kAnswer);
    script(peer);
  };
}

// Echoes texts that are shorter than 126 bytes (the test's have no mask), and the Close frame.
void echo(Peer& peer) {
  for (;;) {
    const std::string head = peer.read(2);
    if (head.size() < 2) return;
    const bool is_close = head[0] == '\x88';
    const std::string rest =
        peer.read(static_cast<std::size_t>(head[1] & 0x7f) + (is_close ? 4 : 0));
    if (is_close) {
      peer.send("\x88\x02" + rest.substr(4, 2));
      return;
    }
    peer.send(head + rest);
  }
}

struct World {
  explicit World(const ScriptedBackend& backend, Limits limits = {})
      : proxy(1, {}, limits), address(backend.address()) {
    proxy.use({route(1, 100, proxy.port(), address)});
  }
  Peer open() {
    Peer client = proxy.connect();
    client.send(kRequest);
    EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 101"));
    return client;
  }
  GenerationRoute draining(Milliseconds left) {
    auto one = route(1, 0, proxy.port(), address);
    one.ends = Clock::now() + left;
    return one;
  }
  bool is_quiet() {
    return ProxyHarness::eventually(
        [&] { return proxy.count(1, &GenerationCounters::in_flight) == 0; });
  }
  ProxyHarness proxy;
  Address address;
};

TEST(Farewell, TellsAClientAndPassesItsAnswerToTheProgram) {
  std::string heard;
  {
    ScriptedBackend backend(websocket([&heard](Peer& peer) {
      peer.send(text("hello"));
      heard = peer.read(5 + kClientClose.size());
      peer.send("\x88\x02\x03\xf4");
      EXPECT_TRUE(peer.is_closed());
    }));
    World world(backend);
    Peer client = world.open();
    EXPECT_EQ(client.read(7), text("hello"));
    world.proxy.use({world.draining(Milliseconds{100})});
    EXPECT_EQ(client.read(kGoodbye.size()), kGoodbye);
    client.send(text("bye") + kClientClose);
    EXPECT_TRUE(client.is_closed());
    EXPECT_FALSE(client.was_reset());
    client.close();
    EXPECT_TRUE(world.is_quiet());
  }
  EXPECT_EQ(heard, text("bye") + kClientClose) << "what was on its way has to arrive";
}

TEST(Farewell, WaitsForTheEndOfAFrame) {
  std::atomic<bool> go{false};
  ScriptedBackend backend(websocket([&go](Peer& peer) {
    peer.send(text("hello").substr(0, 4));
    ProxyHarness::eventually([&go] { return go.load(); });
    peer.send(text("hello").substr(4) + text("again") + text("half").substr(0, 3));
    peer.read_all();
  }));
  World world(backend);
  Peer client = world.open();
  EXPECT_EQ(client.read(4), text("hello").substr(0, 4));
  Peer other = world.open();
  world.proxy.use({world.draining(Milliseconds{0})});
  // The time has come: one whose frame is whole would have been told by now.
  const auto tick = world.proxy.next(100);
  EXPECT_FALSE(tick);
  go = true;
  EXPECT_EQ(client.read(3 + 7 + kGoodbye.size()),
            text("hello").substr(4) + text("again") + kGoodbye);
  client.send(kClientClose);
  EXPECT_TRUE(client.is_closed());
}

TEST(Farewell, IsSaidBetweenFragments) {
  ScriptedBackend backend(websocket([](Peer& peer) {
    peer.send("\x01\x03one\x00\x03two"s);  // neither is the last
    peer.read_all();
  }));
  World world(backend);
  Peer client = world.open();
  EXPECT_EQ(client.read(10), "\x01\x03one\x00\x03two"s);
  world.proxy.use({world.draining(Milliseconds{0})});
  EXPECT_EQ(client.read(kGoodbye.size()), kGoodbye);
}

TEST(Farewell, AFrameThatDoesNotEndIsCut) {
  ScriptedBackend backend(websocket([](Peer& peer) {
    peer.send("\x82\x7e\xff\xff+ a part of it");
    peer.read_all();
  }));
  World world(backend);
  Peer client = world.open();
  EXPECT_EQ(client.read(18).size(), 18U);
  world.proxy.use({world.draining(Milliseconds{0})});
  world.proxy.use({route(2, 100, world.proxy.port(), world.address)});
  EXPECT_EQ(client.read_all(), "");
}

TEST(Farewell, AtTheCutBothSidesAreToldWhoeverIsSilent) {
  std::string heard;
  {
    ScriptedBackend backend(websocket([&heard](Peer& peer) { heard = peer.read_all(); }));
    World world(backend);
    Peer told = world.open();
    world.proxy.use({world.draining(Milliseconds{0})});
    EXPECT_EQ(told.read(kGoodbye.size()), kGoodbye);
    world.proxy.use({});
    EXPECT_TRUE(told.is_closed()) << "the Close frame comes once";
    EXPECT_FALSE(told.was_reset());
  }
  ASSERT_EQ(heard.size(), kGoodbye.size() + 4);
  EXPECT_EQ(heard.substr(0, 2), "\x88\x91") << "with a mask, as a client has to";
  for (std::size_t i = 6; i < heard.size(); ++i) heard[i] ^= heard[2 + (i - 6) % 4];
  EXPECT_EQ(heard.substr(6), kGoodbye.substr(2));
}

TEST(Farewell, ACutWithoutADrainTellsAtOnce) {
  ScriptedBackend backend(websocket(echo));
  World world(backend);
  Peer client = world.open();
  client.send(text("hello"));
  EXPECT_EQ(client.read(7), text("hello"));
  world.proxy.use({});
  EXPECT_EQ(client.read_all(), kGoodbye);
  EXPECT_FALSE(client.was_reset());
}

TEST(Farewell, AProgramThatClosesByItselfIsLeftAlone) {
  ScriptedBackend backend(websocket([](Peer& peer) {
    peer.send("\x88\x02\x03\xe8");
    EXPECT_EQ(peer.read(kClientClose.size()), kClientClose);
  }));
  World world(backend);
  Peer client = world.open();
  EXPECT_EQ(client.read(4), "\x88\x02\x03\xe8");
  world.proxy.use({world.draining(Milliseconds{0})});
  client.send(kClientClose);
  EXPECT_EQ(client.read_all(), "");
  EXPECT_FALSE(client.was_reset());
}

TEST(Farewell, DoesNotComeForAllAtOnce) {
  constexpr std::size_t kMany = 48;
  ScriptedBackend backend(websocket(echo));
  World world(backend);
  std::vector<Peer> clients;
  for (std::size_t i = 0; i < kMany; ++i) clients.push_back(world.open());
  std::mutex mutex;
  std::vector<TimePoint> told;
  const TimePoint begun = Clock::now();
  world.proxy.use({world.draining(Milliseconds{1500})});
  std::vector<std::thread> readers;
  for (Peer& client : clients) {
    readers.emplace_back([&] {
      EXPECT_EQ(client.read(kGoodbye.size()), kGoodbye);
      const std::lock_guard lock(mutex);
      told.push_back(Clock::now());
    });
  }
  for (auto& reader : readers) reader.join();
  ASSERT_EQ(told.size(), kMany);
  std::ranges::sort(told);
  EXPECT_GE(told.front() - begun, Milliseconds{700}) << "it is the end that is used";
  // The last half, less half of that for their answers: 375 ms.
  EXPECT_GE(told.back() - told.front(), Milliseconds{200});
  EXPECT_GE(told[kMany * 3 / 4] - told[kMany / 4], Milliseconds{60});
}

TEST(Farewell, IsForgottenWhenAGenerationServesAgain) {
  ScriptedBackend backend(websocket(echo));
  World world(backend);
  const auto port = world.proxy.port();
  Peer kept = world.open();
  world.proxy.use({world.draining(Milliseconds{1000}), route(2, 100, port, world.address)});
  Peer other = world.open();
  auto second = route(2, 0, port, world.address);
  second.ends = Clock::now() + Milliseconds{300};
  world.proxy.use({route(1, 100, port, world.address), second});
  EXPECT_EQ(other.read(kGoodbye.size()), kGoodbye);
  kept.send(text("still here"));
  EXPECT_EQ(kept.read(12), text("still here"));
}

TEST(Farewell, ComesAtTheEndOfTheProxyToo) {
  ScriptedBackend backend(websocket(echo));
  World world(backend);
  Peer client = world.open();
  world.proxy.tell(link::DrainProxy{Clock::now() + Milliseconds{100}});
  EXPECT_EQ(client.read(kGoingAway.size()), kGoingAway);
  client.send(kClientClose);
  EXPECT_TRUE(client.is_closed());
  EXPECT_FALSE(client.was_reset());
  client.close();
  const auto message = world.proxy.next();
  EXPECT_TRUE(message && std::holds_alternative<link::ProxyDrained>(*message));
}

// A time limit of its first answer, so it is none of the tunnel's.
TEST(Farewell, ATunnelOutlivesTheTimeLimitsOfAnswers) {
  std::atomic<int> count{0};
  ScriptedBackend backend([&count](Peer& peer) {
    if (count++ == 0) return websocket(echo)(peer);
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    peer.read_all();
  });
  ProxyHarness proxy;
  RoutingPlan plan{PlanVersion{1}, {route(1, 100, proxy.port(), backend.address())}, {}};
  plan.traffic.limits.idle_answer = Milliseconds{50};
  proxy.tell(link::ApplyPlan{plan});
  ASSERT_TRUE(proxy.next());
  Peer client = proxy.connect();
  client.send(kRequest);
  client.read_head();
  Peer clock = proxy.connect();
  clock.send(get());
  clock.read_all();
  EXPECT_TRUE(clock.was_reset());
  client.send(text("hello"));
  EXPECT_EQ(client.read(7), text("hello"));
}

TEST(Farewell, IsNothingForOtherProtocols) {
  for (const std::string upgrade : {"Upgrade: echo\r\n", "Upgrade: websocket\r\n"}) {  // of 2010
    ScriptedBackend backend([&upgrade](Peer& peer) {
      peer.read_head();
      peer.send("HTTP/1.1 101 x\r\nConnection: Upgrade\r\n" + upgrade + "\r\n");
      peer.read_all();
    });
    World world(backend);
    Peer client = world.proxy.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n" + upgrade + "\r\n");
    client.read_head();
    world.proxy.use({world.draining(Milliseconds{0})});
    world.proxy.use({});
    EXPECT_EQ(client.read_all(), "");
  }
}

}  // namespace
}  // namespace livefix::proxy
