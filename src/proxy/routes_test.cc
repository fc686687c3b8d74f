// What the proxy counts of each route: docs/metrics.md.
#include <gtest/gtest.h>

#include <map>

#include "proxy/http2_peer.h"
#include "proxy/proxy_harness.h"

namespace livefix::proxy {
namespace {

using namespace livefix::proxy::testing;

struct Counted {
  std::map<int, std::uint64_t> statuses;
  std::uint64_t request_bytes = 0;
  std::uint64_t answer_bytes = 0;
  std::uint64_t lost = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t timed = 0;
};

// By "GET /cart/:id", over all workers.
std::map<std::string, Counted> routes_of(ProxyHarness& proxy, std::uint32_t generation) {
  std::map<std::string, Counted> routes;
  const auto add = [&routes](const std::string& name, const RouteCounts& counts) {
    Counted& sum = routes[name];
    for (std::size_t i = 0; i < kRouteStatuses; ++i) {
      if (counts.statuses[i] != 0) sum.statuses[counts.statuses[i]] += counts.by_status[i];
    }
    sum.request_bytes += counts.request_bytes;
    sum.answer_bytes += counts.answer_bytes;
    sum.lost += counts.lost;
    sum.timeouts += counts.timeouts;
    for (const auto& count : counts.latencies) sum.timed += count;
  };
  for (auto& worker : proxy.stats().workers) {
    const auto* slot = find_slot(worker, UnitId{generation});
    if (!slot) continue;
    for (std::size_t i = 0; i < kRouteRows; ++i) {
      const RouteRow& row = worker.routes.rows[i];
      if (worker.routes.keys[i] == 0 || row.generation != generation) continue;
      std::string name;
      for (const auto& c : row.method) {
        if (c != '\0') name.push_back(c);
      }
      name.push_back(' ');
      for (std::size_t at = 0; at < row.text_size; ++at) name.push_back(row.text[at]);
      add(name, row.counts);
    }
    const RouteLeftovers& left = worker.routes.leftovers[index_of(worker, *slot)];
    add("(unknown)", left.unknown);
    add("(other)", left.other);
  }
  std::erase_if(routes, [](const auto& one) { return one.second.statuses.empty(); });
  return routes;
}

// A client may have its answer a moment before it is counted.
Counted await_route(ProxyHarness& proxy, const std::string& name, int status,
                    std::uint64_t count = 1, std::uint32_t generation = 1) {
  EXPECT_TRUE(ProxyHarness::eventually([&] {
    return routes_of(proxy, generation)[name].statuses[status] == count;
  })) << name
      << " " << status;
  return routes_of(proxy, generation)[name];
}

// Answers each request, whatever its body, with the same.
ScriptedBackend::Script answering(std::string answer) {
  return [answer = std::move(answer)](Peer& peer) {
    while (!peer.read_message().empty() && peer.send(answer)) {
    }
  };
}

TEST(Routes, AnAnswerIsCountedWithItsMethodStatusAndBytes) {
  ScriptedBackend backend(answering(ok("12345")));
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  for (const char* path : {"/cart/17", "/cart/18?x=/y"}) {
    client.send(get(path));
    EXPECT_NE(client.read_message().find("12345"), std::string::npos);
  }
  client.send(post("hello"));
  client.read_message();
  client.send("PATCH /cart/17 HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\nxy");
  client.read_message();
  const Counted read = await_route(proxy, "GET /cart/:id", 200, 2);
  EXPECT_EQ(read.answer_bytes, 10U);
  EXPECT_EQ(read.request_bytes, 0U);
  EXPECT_EQ(read.timed, 2U);
  EXPECT_EQ(await_route(proxy, "PATCH /cart/:id", 200).request_bytes, 2U);
  EXPECT_EQ(await_route(proxy, "POST /", 200).request_bytes, 5U);
  EXPECT_EQ(routes_of(proxy, 1).size(), 3U);
}

TEST(Routes, WhatNobodyKnowsIsOneRoute) {
  ScriptedBackend backend(answering("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  for (const char* path : {"/.env", "/wp-admin", "/a/b/c"}) {
    client.send(get(path));
    client.read_message();
  }
  await_route(proxy, "(unknown)", 404, 3);
  EXPECT_EQ(routes_of(proxy, 1).size(), 1U);
}

TEST(Routes, WhatGetsNoAnswerIsLostOnce) {
  ScriptedBackend backend([](Peer& peer) { peer.read_head(); });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(post("x"));
  EXPECT_NE(client.read_head().find(" 502 "), std::string::npos);
  const Counted counted = await_route(proxy, "POST /", 502);
  EXPECT_EQ(counted.lost, 1U);
  EXPECT_EQ(counted.timed, 0U);
}

TEST(Routes, AnAnswerThatBreaksOffIsLostOnce) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123");
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get("/cart"));
  client.read_all();
  const Counted counted = await_route(proxy, "GET /cart", 502);
  EXPECT_EQ(counted.lost, 1U);
  EXPECT_EQ(counted.answer_bytes, 3U);
  EXPECT_EQ(counted.statuses.size(), 1U) << "and not as its head said";
}

TEST(Routes, AnAnswerThatDoesNotComeIsATimeout) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.is_closed();
  });
  ProxyHarness proxy;
  RoutingPlan plan;
  plan.version = PlanVersion{1};
  plan.generations = {route(1, 1, proxy.port(), backend.address())};
  plan.service = "shop";
  plan.traffic.limits.answer = Milliseconds{50};
  proxy.use_plan(plan);
  Peer client = proxy.connect();
  client.send(get("/slow"));
  EXPECT_NE(client.read_head().find(" 504 "), std::string::npos);
  EXPECT_EQ(await_route(proxy, "GET /slow", 504).timeouts, 1U);
}

TEST(Routes, AClientThatLeavesAStreamHadItsAnswer) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    peer.is_closed();
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get("/events"));
  client.read_until("abc\r\n");
  client.close();
  EXPECT_EQ(await_route(proxy, "GET /events", 200).lost, 0U);
}

TEST(Routes, ATunnelIsCountedWhenItBegins) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n");
    peer.is_closed();
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("GET /chat HTTP/1.1\r\nHost: shop\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n");
  client.read_head();
  EXPECT_EQ(await_route(proxy, "GET /chat", 101).timed, 1U);
  client.close();
  ASSERT_TRUE(ProxyHarness::eventually(
      [&] { return proxy.count(1, &GenerationCounters::in_flight) == 0; }));
  EXPECT_EQ(routes_of(proxy, 1).at("GET /chat").statuses.at(101), 1U);
}

TEST(Routes, TheRoutesOfAServiceWin) {
  ScriptedBackend backend(always("x"));
  ProxyHarness proxy;
  RoutingPlan plan;
  plan.version = PlanVersion{1};
  plan.generations = {route(1, 1, proxy.port(), backend.address())};
  plan.service = "shop";
  plan.traffic.routes = {"/user/:name", "/files/*"};
  proxy.use_plan(plan);
  Peer client = proxy.connect();
  for (const char* path : {"/user/anna", "/files/a/b", "/cart/7"}) {
    client.send(get(path));
    client.read_message();
  }
  await_route(proxy, "GET /user/:name", 200);
  await_route(proxy, "GET /files/*", 200);
  await_route(proxy, "GET /cart/:id", 200);
}

TEST(Routes, AServiceThatWantsNoneHasNone) {
  ScriptedBackend backend(always("x"));
  ProxyHarness proxy;
  for (const bool counts : {false, true}) {
    RoutingPlan plan;
    plan.version = PlanVersion{counts ? 2U : 1U};
    plan.generations = {route(1, 1, proxy.port(), backend.address())};
    plan.service = "shop";
    plan.traffic.count_routes = counts;
    proxy.use_plan(plan);
    Peer client = proxy.connect();
    client.send(get(counts ? "/counted" : "/uncounted"));
    client.read_message();
    client.send(get(counts ? "/counted" : "/uncounted"));  // the first one is over by then
    client.read_message();
  }
  await_route(proxy, "GET /counted", 200, 2);
  EXPECT_EQ(routes_of(proxy, 1).size(), 1U);
}

TEST(Routes, EachGenerationHasItsOwn) {
  ScriptedBackend first(always("1"));
  ScriptedBackend second(always("2"));
  ProxyHarness proxy;
  for (const auto& [id, backend] : {std::pair{1U, &first}, std::pair{2U, &second}}) {
    proxy.use({route(id, 1, proxy.port(), backend->address())});
    Peer client = proxy.connect();
    client.send(get("/cart"));
    client.read_message();
    await_route(proxy, "GET /cart", 200, 1, id);
  }
}

}  // namespace
}  // namespace livefix::proxy
