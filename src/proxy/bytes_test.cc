// Services whose protocol is none of our business: bytes both ways, handed over by connection.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "proxy/proxy_harness.h"

namespace livefix::proxy::testing {
namespace {

RoutingPlan bytes_plan(std::uint64_t version, std::vector<GenerationRoute> generations) {
  RoutingPlan plan;
  plan.version = PlanVersion{version};
  plan.generations = std::move(generations);
  plan.traffic.protocol = Protocol::tcp;
  return plan;
}

// Until it is in use, nobody knows that the port is one of bytes.
void use(ProxyHarness& proxy, const RoutingPlan& plan) {
  proxy.tell(link::ApplyPlan{plan});
  const auto message = proxy.next();
  ASSERT_TRUE(message && std::holds_alternative<link::PlanApplied>(*message));
}

// Greets with its name, then says everything back.
ScriptedBackend::Script echo(std::string name) {
  return [name](Peer& peer) {
    peer.send(name + "\n");
    for (std::string line; !(line = peer.read_until("\n")).empty();) peer.send(line);
    peer.send("bye from " + name + "\n");
  };
}

TEST(Bytes, PassBothWaysUnseenWhoeverSpeaksFirst) {
  ScriptedBackend program(echo("one"));
  ProxyHarness proxy;
  use(proxy, bytes_plan(1, {route(1, 100, proxy.port(), program.address())}));
  Peer client = proxy.connect();
  EXPECT_EQ(client.read_until("\n"), "one\n") << "the program speaks first";
  const std::string strange("GET \0 PRI * HTTP/2.0\r\r\xff\n", 24);
  client.send(strange);
  EXPECT_EQ(client.read(strange.size()), strange);
  client.shut_down_sending();
  EXPECT_EQ(client.read_all(), "bye from one\n") << "half closed is not gone";
  EXPECT_TRUE(ProxyHarness::eventually(
      [&] { return proxy.count(1, &GenerationCounters::in_flight) == 0; }));
  EXPECT_EQ(proxy.count(1, &GenerationCounters::answered), 1U);
}

TEST(Bytes, WaitForAGenerationAndAreAllThereThen) {
  ScriptedBackend program(echo("late"));
  ProxyHarness proxy;
  use(proxy, bytes_plan(1, {}));
  Peer client = proxy.connect();
  client.send("early\n");
  client.shut_down_sending();
  ASSERT_TRUE(ProxyHarness::eventually([&] { return proxy.sum(&ServiceCounters::held) == 1; }));
  use(proxy, bytes_plan(2, {route(1, 100, proxy.port(), program.address())}));
  EXPECT_EQ(client.read_all(), "late\nearly\nbye from late\n");
}

TEST(Bytes, NobodyWaitsForEver) {
  ProxyHarness proxy;
  auto plan = bytes_plan(1, {});
  plan.hold.max_wait = Milliseconds{20};
  use(proxy, plan);
  Peer client = proxy.connect();
  client.send("anybody?\n");
  EXPECT_EQ(client.read_all(), "");
  EXPECT_TRUE(client.was_reset());
}

TEST(Bytes, AClientThatIsGoneFreesItsPlace) {
  ProxyHarness proxy;
  use(proxy, bytes_plan(1, {}));
  Peer client = proxy.connect();
  ASSERT_TRUE(ProxyHarness::eventually([&] { return proxy.sum(&ServiceCounters::held) == 1; }));
  client.reset();
  EXPECT_TRUE(ProxyHarness::eventually([&] { return proxy.sum(&ServiceCounters::held) == 0; }));
}

TEST(Bytes, ConnectionsStayAtTheirGenerationAndNewOnesGoToTheNext) {
  ScriptedBackend old(echo("old"));
  ScriptedBackend young(echo("young"));
  ProxyHarness proxy;
  use(proxy, bytes_plan(1, {route(1, 100, proxy.port(), old.address())}));
  Peer first = proxy.connect();
  EXPECT_EQ(first.read_until("\n"), "old\n");
  use(proxy, bytes_plan(2, {route(1, 0, proxy.port(), old.address()),
                            route(2, 100, proxy.port(), young.address())}));
  ASSERT_TRUE(ProxyHarness::eventually([&] {
    Peer second = proxy.connect();
    return second.read_until("\n") == "young\n";
  }));
  first.send("still here\n");
  EXPECT_EQ(first.read_until("\n"), "still here\n");
  use(proxy, bytes_plan(3, {route(2, 100, proxy.port(), young.address())}));
  EXPECT_EQ(first.read_all(), "") << "cut";
}

TEST(Bytes, AProgramThatRefusesIsTriedAgain) {
  auto program = std::make_unique<ScriptedBackend>(echo("first"));
  const Address address = program->address();
  program->stop();
  ProxyHarness proxy;
  use(proxy, bytes_plan(1, {route(1, 100, proxy.port(), address)}));
  Peer client = proxy.connect();
  ASSERT_TRUE(ProxyHarness::eventually([&] { return proxy.sum(&ServiceCounters::held) == 1; }));
  ScriptedBackend again(echo("again"), address);
  EXPECT_EQ(client.read_until("\n"), "again\n");
  client.close();
}

TEST(Bytes, AConnectionThatADyingProgramDidNotAcceptGoesToTheNext) {
  std::atomic<int> connections = 0;
  ScriptedBackend program([&](Peer& peer) {
    if (++connections < 3) return peer.reset();
    echo("next")(peer);
  });
  ProxyHarness proxy;
  use(proxy, bytes_plan(1, {route(1, 100, proxy.port(), program.address())}));
  Peer client = proxy.connect();
  EXPECT_EQ(client.read_until("\n"), "next\n");
  client.send("hello\n");
  EXPECT_EQ(client.read_until("\n"), "hello\n");
  EXPECT_EQ(connections, 3);
  client.close();
}

TEST(Bytes, AProgramThatResetsEachConnectionMeansIt) {
  ScriptedBackend program([](Peer& peer) { peer.reset(); });
  ProxyHarness proxy;
  use(proxy, bytes_plan(1, {route(1, 100, proxy.port(), program.address())}));
  Peer client = proxy.connect();
  EXPECT_EQ(client.read_all(), "");
  EXPECT_GE(program.accepted(), 4);  // a reset that comes with the connection is a refusal
  EXPECT_TRUE(ProxyHarness::eventually(
      [&] { return proxy.count(1, &GenerationCounters::in_flight) == 0; }));
}

TEST(Bytes, WhatWasSaidIsNotSaidAgain) {
  ScriptedBackend program([](Peer& peer) {
    peer.read_until("\n");
    peer.reset();
  });
  ProxyHarness proxy;
  use(proxy, bytes_plan(1, {route(1, 100, proxy.port(), program.address())}));
  Peer client = proxy.connect();
  client.send("pay 100\n");
  EXPECT_EQ(client.read_all(), "");
  EXPECT_EQ(program.accepted(), 1);
}

TEST(Bytes, OtherPortsAreThoseOfOtherServices) {
  ScriptedBackend bytes(echo("bytes"));
  ScriptedBackend web(always("web"));
  ProxyHarness proxy;
  const Address second = proxy.open({});
  auto tcp = bytes_plan(1, {route(1, 100, proxy.port(), bytes.address())});
  tcp.service = "bytes";
  use(proxy, tcp);
  RoutingPlan http;
  http.version = PlanVersion{1};
  http.service = "web";
  http.generations = {route(2, 100, second.port, web.address())};
  use(proxy, http);
  Peer client = proxy.connect();
  EXPECT_EQ(client.read_until("\n"), "bytes\n");
  ASSERT_TRUE(ProxyHarness::eventually([&] {
    Peer visitor = Peer::connect(second);
    visitor.send(get());
    return visitor.read_message().ends_with("web");
  }));
}

}  // namespace
}  // namespace livefix::proxy::testing
