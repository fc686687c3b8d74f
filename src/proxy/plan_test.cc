// Plans: the switch, draining, cutting, and the end of the proxy.
#include <gtest/gtest.h>

#include "os/tcp_listener.h"
#include "proxy/proxy_harness.h"

namespace livefix::proxy {
namespace {

using namespace livefix::proxy::testing;

// Takes a request, and answers once it is let go.
class SlowBackend {
 public:
  SlowBackend()
      : backend_([this](Peer& peer) {
          while (!peer.read_message().empty()) {
            ++taken;
            while (!go && !given_up_) std::this_thread::sleep_for(Milliseconds{1});
            peer.send(ok("slow"));
          }
        }) {}
  ~SlowBackend() { given_up_ = true; }

  const Address& address() const { return backend_.address(); }
  bool wait_for(int requests) {
    return ProxyHarness::eventually([&] { return taken >= requests; });
  }

  std::atomic<int> taken{0};
  std::atomic<bool> go{false};

 private:
  std::atomic<bool> given_up_{false};
  ScriptedBackend backend_;
};

bool is_drained(const std::optional<link::FromProxy>& message, std::uint32_t generation) {
  const auto* drained = message ? std::get_if<link::GenerationDrained>(&*message) : nullptr;
  return drained && drained->generation == UnitId{generation};
}

TEST(Plan, SwitchesAtOnceAndDrainsOnce) {
  SlowBackend old;
  ScriptedBackend young(always("young"));
  ProxyHarness proxy(2);
  proxy.use({route(1, 100, proxy.port(), old.address())});
  Peer slow = proxy.connect();
  slow.send(get());
  ASSERT_TRUE(old.wait_for(1));
  proxy.use(
      {route(1, 0, proxy.port(), old.address()), route(2, 100, proxy.port(), young.address())});
  for (int i = 0; i < 20; ++i) {
    Peer client = proxy.connect();
    client.send(get());
    ASSERT_EQ(client.read_message(), ok("young"));
  }
  EXPECT_FALSE(proxy.next(20)) << "drained with a request in flight";
  old.go = true;
  EXPECT_EQ(slow.read_message(), ok("slow"));
  EXPECT_TRUE(is_drained(proxy.next(), 1));
  slow.send(get());
  EXPECT_EQ(slow.read_message(), ok("young"));
  EXPECT_FALSE(proxy.next(20)) << "drained twice";
  EXPECT_EQ(proxy.count(1, &GenerationCounters::requests), 1U);
}

TEST(Plan, SaysAtOnceThatAnIdleGenerationIsDrained) {
  ScriptedBackend one(always("one"));
  ProxyHarness proxy(2);
  proxy.use({route(1, 100, proxy.port(), one.address())});
  proxy.use({route(1, 0, proxy.port(), one.address())});
  EXPECT_TRUE(is_drained(proxy.next(), 1));
  EXPECT_FALSE(proxy.next(20));
}

TEST(Plan, CountsATunnelAsInFlight) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 101 x\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
    peer.read_all();
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  client.read_head();
  proxy.use({route(1, 0, proxy.port(), backend.address())});
  EXPECT_FALSE(proxy.next(20));
  client.close();
  EXPECT_TRUE(is_drained(proxy.next(), 1));
}

TEST(Plan, ClosesIdleConnectionsOfADrainingGeneration) {
  std::atomic<int> closed{0};
  ScriptedBackend backend([&](Peer& peer) {
    peer.read_message();
    peer.send(ok("x"));
    closed += peer.is_closed() ? 1 : 0;
  });
  ProxyHarness proxy(1, {}, {.idle_backend = Milliseconds{60'000}});
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get());
  client.read_message();
  proxy.use({route(1, 0, proxy.port(), backend.address())});
  EXPECT_TRUE(ProxyHarness::eventually([&] { return closed == 1; }));
}

TEST(Plan, CutsWhatAGenerationStillHas) {
  SlowBackend old;
  ScriptedBackend streaming([](Peer& peer) {
    peer.read_message();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    peer.read_all();
  });
  ScriptedBackend young(always("young"));
  ProxyHarness proxy;
  proxy.use({route(1, 100, proxy.port(), old.address())});
  Peer reading = proxy.connect();
  reading.send(get());
  Peer writing = proxy.connect();
  writing.send(post("x"));
  ASSERT_TRUE(old.wait_for(2));
  proxy.use(
      {route(1, 0, proxy.port(), old.address()), route(2, 100, proxy.port(), streaming.address())});
  Peer half = proxy.connect();
  half.send(get());
  EXPECT_EQ(half.read_until("half").substr(0, 12), "HTTP/1.1 200");
  proxy.use({route(3, 100, proxy.port(), young.address())});
  EXPECT_EQ(reading.read_message(), ok("young"));
  EXPECT_EQ(writing.read_message().substr(0, 12), "HTTP/1.1 502");
  half.read_all();
  EXPECT_TRUE(half.was_reset());
  old.go = true;
}

TEST(Plan, SplitsByWeight) {
  ScriptedBackend one(always("one"));
  ScriptedBackend two(always("two"));
  ProxyHarness proxy;
  proxy.use({route(1, 90, proxy.port(), one.address()), route(2, 10, proxy.port(), two.address())});
  Peer client = proxy.connect();
  for (int i = 0; i < 2000; ++i) {
    client.send(get());
    ASSERT_FALSE(client.read_message().empty());
  }
  EXPECT_GT(proxy.count(2, &GenerationCounters::requests), 100U);
  EXPECT_LT(proxy.count(2, &GenerationCounters::requests), 350U);
}

// A new generation has no idle connections at first, and some programs never leave any.
TEST(Plan, TheShareOfOneThatKeepsNoConnectionsIsItsWeight) {
  ScriptedBackend keeps(always("keeps"));
  ScriptedBackend closes([](Peer& peer) {
    if (peer.read_message().empty()) return;
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\ncloses");
  });
  ProxyHarness proxy;
  proxy.use(
      {route(1, 90, proxy.port(), keeps.address()), route(2, 10, proxy.port(), closes.address())});
  Peer client = proxy.connect();
  for (int i = 0; i < 1000; ++i) {
    client.send(get());
    ASSERT_FALSE(client.read_message().empty());
  }
  EXPECT_GT(proxy.count(2, &GenerationCounters::requests), 50U);
  EXPECT_LT(proxy.count(2, &GenerationCounters::requests), 200U);
}

TEST(Plan, ManySwitchesLoseNothing) {
  ScriptedBackend backends[] = {ScriptedBackend(always("a")), ScriptedBackend(always("b"))};
  ProxyHarness proxy(2);
  std::uint32_t id = 1;
  proxy.use({route(id, 100, proxy.port(), backends[id % 2].address())});
  std::atomic<bool> over{false};
  std::atomic<int> answered{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&, i] {
      Peer client = proxy.connect();
      for (int n = 0; !over; ++n) {
        if (n % 100 == 99) client = proxy.connect();
        if (!client.send(i % 2 == 0 ? get() : post("body"))) ++wrong;
        const std::string answer = client.read_message();
        if (answer == ok("a") || answer == ok("b")) {
          ++answered;
        } else {
          ++wrong;
        }
      }
    });
  }
  int drained = 0;
  for (int i = 0; i < 100; ++i, ++id) {
    const auto from = route(id, 0, proxy.port(), backends[id % 2].address());
    const auto to = route(id + 1, 100, proxy.port(), backends[(id + 1) % 2].address());
    proxy.use({from, to});
    if (is_drained(proxy.next(), id)) ++drained;
    proxy.use({to});
  }
  ASSERT_TRUE(ProxyHarness::eventually([&] { return answered >= 5000; }));
  over = true;
  for (auto& client : clients) client.join();
  EXPECT_EQ(drained, 100);
  EXPECT_EQ(wrong, 0);
  EXPECT_FALSE(proxy.next(20));
  // Backends go before the proxy lets go of their connections.
  proxy.stop();
}

TEST(Plan, DrainsTheProxy) {
  SlowBackend backend;
  ProxyHarness proxy(2);
  proxy.use({route(1, 100, proxy.port(), backend.address())});
  Peer busy = proxy.connect();
  busy.send(get());
  Peer idle = proxy.connect();
  idle.send("");
  ASSERT_TRUE(backend.wait_for(1));
  proxy.tell(link::DrainProxy{});
  EXPECT_TRUE(idle.is_closed());
  EXPECT_FALSE(proxy.next(20));
  backend.go = true;
  EXPECT_EQ(busy.read_all(),
            "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nslow");
  const auto message = proxy.next();
  EXPECT_TRUE(message && std::holds_alternative<link::ProxyDrained>(*message));
  EXPECT_FALSE(proxy.next(20));
  busy.close();
  EXPECT_TRUE(
      ProxyHarness::eventually([&] { return proxy.sum(&WorkerCounters::connections) == 0; }));
}

TEST(Plan, ForgetsAPort) {
  ScriptedBackend backend(always("x"));
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get());
  EXPECT_EQ(client.read_message(), ok("x"));
  proxy.tell(link::ForgetPort{proxy.address()});
  EXPECT_TRUE(ProxyHarness::eventually([&] { return !os::is_listened_on(proxy.address()); }));
  client.send(get());
  EXPECT_EQ(client.read_message(), ok("x"));
}

TEST(Plan, EndsWithItsLink) {
  ScriptedBackend backend(always("x"));
  ProxyHarness proxy(2);
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get());
  client.read_message();
  proxy.stop();
  EXPECT_TRUE(client.is_closed());
}

}  // namespace
}  // namespace livefix::proxy
