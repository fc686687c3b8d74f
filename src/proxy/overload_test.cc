// Programs that have enough to do, clients that are too many.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <condition_variable>
#include <deque>
#include <mutex>

#include "proxy/proxy_harness.h"

namespace livefix::proxy::testing {
namespace {

// Holds each request until one is let go; counts what it had at once.
class Workshop {
 public:
  explicit Workshop(std::string name = "done")
      : name_(std::move(name)), backend_([this](Peer& peer) {
          while (!peer.read_message().empty()) {
            work();
            if (!peer.send(ok(name_))) return;
          }
        }) {}
  ~Workshop() { let_go(1'000'000); }

  const Address& address() const { return backend_.address(); }
  void let_go(int count) {
    const std::scoped_lock lock(mutex_);
    tickets_ += count;
    changed_.notify_all();
  }
  bool has(int count) {
    return ProxyHarness::eventually([&] { return at_once() == count; });
  }
  int at_once() {
    const std::scoped_lock lock(mutex_);
    return at_once_;
  }
  int most_at_once() {
    const std::scoped_lock lock(mutex_);
    return most_;
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    most_ = std::max(most_, ++at_once_);
    changed_.wait(lock, [this] { return tickets_ > 0; });
    --tickets_;
    --at_once_;
  }

  std::string name_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int tickets_ = 0;
  int at_once_ = 0;
  int most_ = 0;
  ScriptedBackend backend_;
};

RoutingPlan bounded(std::vector<GenerationRoute> generations, std::uint32_t in_flight,
                    std::uint32_t queue, std::uint64_t version = 1) {
  RoutingPlan plan;
  plan.version = PlanVersion{version};
  plan.generations = std::move(generations);
  plan.traffic.limits.in_flight = in_flight;
  plan.traffic.limits.queue = queue;
  return plan;
}

std::vector<Peer> ask(ProxyHarness& proxy, int count) {
  std::vector<Peer> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(proxy.connect());
    clients.back().send(get());
  }
  return clients;
}

TEST(Overload, AGenerationHasNoMoreInFlightThanAllowedOverAllWorkers) {
  Workshop program;
  ProxyHarness proxy(2);
  proxy.tell(link::ApplyPlan{bounded({route(1, 100, proxy.port(), program.address())}, 2, 1000)});
  auto clients = ask(proxy, 20);
  ASSERT_TRUE(program.has(2));
  EXPECT_TRUE(ProxyHarness::eventually([&] { return proxy.sum(&ServiceCounters::held) == 18; }));
  program.let_go(20);
  for (Peer& client : clients) EXPECT_TRUE(client.read_message().ends_with("done"));
  EXPECT_EQ(program.most_at_once(), 2);
  EXPECT_EQ(proxy.sum(&ServiceCounters::held), 0U);
}

TEST(Overload, WhoWaitsIsServedInOrder) {
  Workshop program;
  ProxyHarness proxy;
  proxy.tell(link::ApplyPlan{bounded({route(1, 100, proxy.port(), program.address())}, 1, 1000)});
  std::deque<Peer> clients;
  for (unsigned i = 0; i < 4; ++i) {
    clients.push_back(proxy.connect());
    clients.back().send(get());
    ASSERT_TRUE(ProxyHarness::eventually([&] { return proxy.sum(&ServiceCounters::held) == i; }));
  }
  ASSERT_TRUE(program.has(1));
  for (; !clients.empty(); clients.pop_front()) {
    program.let_go(1);
    EXPECT_TRUE(clients.front().read_message().ends_with("done"));
  }
}

TEST(Overload, MoreThanTheQueueHoldsAreTurnedAway) {
  Workshop program;
  ProxyHarness proxy;
  proxy.tell(link::ApplyPlan{bounded({route(1, 100, proxy.port(), program.address())}, 1, 1)});
  auto served = ask(proxy, 1);
  ASSERT_TRUE(program.has(1));
  auto queued = ask(proxy, 1);
  ASSERT_TRUE(ProxyHarness::eventually([&] { return proxy.sum(&ServiceCounters::held) == 1; }));
  auto late = ask(proxy, 1);
  const std::string answer = late[0].read_message();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 Service Unavailable"));
  EXPECT_NE(answer.find("Retry-After: "), std::string::npos);
  EXPECT_EQ(proxy.sum(&ServiceCounters::shed), 1U);
}

TEST(Overload, AClientThatLeavesTheQueueFreesItsPlace) {
  Workshop program;
  ProxyHarness proxy;
  proxy.tell(link::ApplyPlan{bounded({route(1, 100, proxy.port(), program.address())}, 1, 1)});
  auto served = ask(proxy, 1);
  ASSERT_TRUE(program.has(1));
  auto queued = ask(proxy, 1);
  ASSERT_TRUE(ProxyHarness::eventually([&] { return proxy.sum(&ServiceCounters::held) == 1; }));
  queued.clear();
  ASSERT_TRUE(ProxyHarness::eventually([&] { return proxy.sum(&ServiceCounters::held) == 0; }));
  auto next = ask(proxy, 1);
  program.let_go(2);
  EXPECT_TRUE(next[0].read_message().ends_with("done"));
}

TEST(Overload, WhoWaitsTooLongIsTurnedAway) {
  Workshop program;
  ProxyHarness proxy;
  auto plan = bounded({route(1, 100, proxy.port(), program.address())}, 1, 10);
  plan.hold.max_wait = Milliseconds{30};
  proxy.tell(link::ApplyPlan{plan});
  auto served = ask(proxy, 1);
  ASSERT_TRUE(program.has(1));
  auto late = ask(proxy, 1);
  EXPECT_TRUE(late[0].read_message().starts_with("HTTP/1.1 503"));
  program.let_go(1);
  EXPECT_TRUE(served[0].read_message().ends_with("done"));
}

TEST(Overload, ANewGenerationTakesWhoWaitsForTheOldOne) {
  Workshop old("old");
  ScriptedBackend young(always("young"));
  ProxyHarness proxy;
  proxy.tell(link::ApplyPlan{bounded({route(1, 100, proxy.port(), old.address())}, 1, 10)});
  auto served = ask(proxy, 1);
  ASSERT_TRUE(old.has(1));
  auto queued = ask(proxy, 5);
  ASSERT_TRUE(ProxyHarness::eventually([&] { return proxy.sum(&ServiceCounters::held) == 5; }));
  proxy.tell(link::ApplyPlan{bounded(
      {route(1, 0, proxy.port(), old.address()), route(2, 100, proxy.port(), young.address())}, 1,
      10, 2)});
  for (Peer& client : queued) EXPECT_TRUE(client.read_message().ends_with("young"));
  old.let_go(1);
  EXPECT_TRUE(served[0].read_message().ends_with("old"));
}

TEST(Overload, APlanWithoutALimitLetsEverybodyIn) {
  Workshop program;
  ProxyHarness proxy;
  proxy.tell(link::ApplyPlan{bounded({route(1, 100, proxy.port(), program.address())}, 1, 10)});
  auto clients = ask(proxy, 5);
  ASSERT_TRUE(program.has(1));
  ASSERT_TRUE(ProxyHarness::eventually([&] { return proxy.sum(&ServiceCounters::held) == 4; }));
  proxy.tell(link::ApplyPlan{bounded({route(1, 100, proxy.port(), program.address())}, 0, 0, 2)});
  EXPECT_TRUE(program.has(5));
  program.let_go(5);
  for (Peer& client : clients) EXPECT_TRUE(client.read_message().ends_with("done"));
}

TEST(Overload, AProgramThatDiesGivesItsPlacesBack) {
  std::atomic<bool> dies{true};
  ScriptedBackend program([&](Peer& peer) {
    while (!peer.read_message().empty()) {
      if (dies) return;
      peer.send(ok("alive"));
    }
  });
  ProxyHarness proxy;
  proxy.tell(link::ApplyPlan{bounded({route(1, 100, proxy.port(), program.address())}, 1, 10)});
  for (int i = 0; i < 3; ++i) {
    Peer client = proxy.connect();
    client.send(post("x"));
    EXPECT_TRUE(client.read_message().starts_with("HTTP/1.1 502"));
  }
  dies = false;
  Peer client = proxy.connect();
  client.send(get());
  EXPECT_TRUE(client.read_message().ends_with("alive"));
}

TEST(Overload, ARefusedRequestGivesItsPlaceBack) {
  ScriptedBackend program(always("served"));
  ProxyHarness proxy;
  proxy.tell(link::ApplyPlan{bounded({route(1, 100, proxy.port(), program.address())}, 1, 10)});
  for (int i = 0; i < 3; ++i) {
    Peer good = proxy.connect();
    good.send(get());
    EXPECT_TRUE(good.read_message().ends_with("served"));  // and a connection is in the pool
    Peer bad = proxy.connect();
    bad.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n");
    EXPECT_TRUE(bad.read_message().starts_with("HTTP/1.1 400"));
  }
}

TEST(Overload, AnOpenWebSocketIsNotInFlight) {
  ScriptedBackend program([](Peer& peer) {
    if (peer.read_head().find("Upgrade") != std::string::npos) {
      peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      peer.read_all();
    } else {
      peer.send(ok("plain"));
    }
  });
  ProxyHarness proxy;
  proxy.tell(link::ApplyPlan{bounded({route(1, 100, proxy.port(), program.address())}, 1, 10)});
  Peer socket = proxy.connect();
  socket.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  EXPECT_TRUE(socket.read_head().starts_with("HTTP/1.1 101"));
  Peer client = proxy.connect();
  client.send(get());
  EXPECT_TRUE(client.read_message().ends_with("plain"));
}

// --- clients -------------------------------------------------------------------------------------

TEST(Overload, WhoConnectsWhileThereAreEnoughWaitsUntilOneGoes) {
  ScriptedBackend program(always("served"));
  ProxyHarness proxy(1, with({.connections = 2}));
  proxy.use(program);
  Peer first = proxy.connect();
  Peer second = proxy.connect();
  for (Peer* client : {&first, &second}) {
    client->send(get());
    EXPECT_TRUE(client->read_message().ends_with("served"));
  }
  Peer third = proxy.connect();
  third.send(get());
  EXPECT_EQ(proxy.sum(&WorkerCounters::connections), 2U);
  first.close();
  EXPECT_TRUE(third.read_message().ends_with("served"));
}

TEST(Overload, AClientWithTooManyConnectionsIsToldSo) {
  ScriptedBackend program(always("served"));
  ProxyHarness proxy(1, with({.connections_per_client = 1}));
  proxy.use(program);
  Peer first = proxy.connect();
  first.send(get());
  EXPECT_TRUE(first.read_message().ends_with("served"));
  Peer second = proxy.connect();
  EXPECT_TRUE(second.read_message().starts_with("HTTP/1.1 429 Too Many Requests"));
  EXPECT_TRUE(second.is_closed());
  Peer third = proxy.connect();
  EXPECT_TRUE(third.is_closed()) << "the one before lingers still, so that this one is hostile";
  second.close();
  first.close();
  EXPECT_TRUE(
      ProxyHarness::eventually([&] { return proxy.sum(&WorkerCounters::connections) == 0; }));
  Peer again = proxy.connect();
  again.send(get());
  EXPECT_TRUE(again.read_message().ends_with("served"));
}

TEST(Overload, APeerThatBringsOthersMayConnectAsOftenAsItLikes) {
  ScriptedBackend program(always("served"));
  auto settings = with({.connections_per_client = 1});
  settings.trusted = {*Network::parse("127.0.0.0/8")};
  ProxyHarness proxy(1, settings);
  proxy.use(program);
  std::vector<Peer> clients = ask(proxy, 5);
  for (Peer& client : clients) EXPECT_TRUE(client.read_message().ends_with("served"));
}

TEST(Overload, BehindALoadBalancerClientsAreCountedByTheirOwnAddress) {
  ScriptedBackend program(always("served"));
  ProxyHarness proxy(1, with({.connections_per_client = 1}));
  proxy.use(program);
  const Address door = proxy.open({.tls = false, .proxy_protocol = true});
  proxy.use({{UnitId{1}, 100, {Backend{door.port, program.address()}}}});
  const auto connect = [&](std::string_view from) {
    Peer client = Peer::connect(door);
    client.send(fmt::format("PROXY TCP4 {} 192.0.2.200 1000 80\r\n{}", from, get()));
    return client;
  };
  Peer first = connect("192.0.2.1");
  EXPECT_TRUE(first.read_message().ends_with("served"));
  Peer other = connect("192.0.2.2");
  EXPECT_TRUE(other.read_message().ends_with("served"));
  Peer again = connect("192.0.2.1");
  EXPECT_EQ(again.read_all(), "");
}

}  // namespace
}  // namespace livefix::proxy::testing
