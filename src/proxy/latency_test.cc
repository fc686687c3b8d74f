// How long programs take, as the counters of their generation have it. What must not count lasts
// kSlow here, and what counts is less than that.
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "proxy/http2_peer.h"

namespace livefix::proxy {
namespace {

using namespace livefix::proxy::testing;
using std::chrono::microseconds;

constexpr Milliseconds kSlow{400};

void let_pass(Milliseconds time = kSlow) {
  std::this_thread::sleep_for(time);
}

microseconds longest(const latency::Counts& counts) {
  return latency::quantile(counts, 1);
}

// Of one generation.
void expect_quick(ProxyHarness& proxy, std::uint64_t answers = 1) {
  const auto counts = proxy.latencies(1);
  EXPECT_EQ(latency::total(counts), answers);
  EXPECT_LT(longest(counts), kSlow);
}

TEST(Latency, EveryAnswerOfTheProgramCountsOnce) {
  std::atomic<int> asked{0};
  ScriptedBackend backend([&](Peer& peer) {
    while (!peer.read_message().empty()) {
      if (++asked == 2) peer.send("HTTP/1.1 103 Early Hints\r\n\r\n");
      peer.send(asked == 3 ? "HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n" : ok("x"));
    }
  });
  ProxyHarness proxy(2);
  proxy.use(backend);
  for (int i = 0; i < 3; ++i) {
    Peer client = proxy.connect();
    client.send(i == 0 ? post("x") : get());
    while (client.read_head().starts_with("HTTP/1.1 1")) {
    }
  }
  EXPECT_EQ(latency::total(proxy.latencies(1)), 3U);
  EXPECT_EQ(latency::total(proxy.latencies(2)), 0U);
}

TEST(Latency, TheProgramsTimeCounts) {
  constexpr Milliseconds kWork{30};
  ScriptedBackend backend([&](Peer& peer) {
    while (!peer.read_message().empty()) {
      let_pass(kWork);
      peer.send(ok("done"));
    }
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  for (int i = 0; i < 2; ++i) {  // by a new connection, and by a pooled one
    client.send(get());
    ASSERT_EQ(client.read_message(), ok("done"));
  }
  const auto counts = proxy.latencies(1);
  EXPECT_EQ(latency::total(counts), 2U);
  EXPECT_GE(latency::quantile(counts, 0), kWork);
}

TEST(Latency, WaitingForAGenerationDoesNot) {
  ProxyHarness proxy;
  Peer client = proxy.connect();
  client.send(get());
  ASSERT_TRUE(ProxyHarness::eventually([&] { return proxy.sum(&ServiceCounters::held) == 1; }));
  let_pass();
  ScriptedBackend backend(always("x"));
  proxy.use(backend);
  ASSERT_EQ(client.read_message(), ok("x"));
  expect_quick(proxy);
}

TEST(Latency, AConnectionThatHasFailedDoesNot) {
  std::atomic<int> asked{0};
  ScriptedBackend backend([&](Peer& peer) {
    if (peer.read_message().empty()) return;
    if (asked++ == 0) return let_pass();
    peer.send(ok("second"));
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get());
  ASSERT_EQ(client.read_message(), ok("second"));
  expect_quick(proxy);
}

TEST(Latency, AClientThatSendsSlowlyDoesNot) {
  ScriptedBackend backend(always("x"));
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  const std::string request = post("0123456789");
  client.send(request.substr(0, request.size() - 3));
  ASSERT_TRUE(ProxyHarness::eventually([&] { return backend.accepted() == 1; }));
  let_pass();
  client.send(request.substr(request.size() - 3));
  ASSERT_EQ(client.read_message(), ok("x"));
  expect_quick(proxy);
}

TEST(Latency, TheRestOfAStreamDoesNot) {
  ScriptedBackend backend([&](Peer& peer) {
    if (peer.read_head().empty()) return;
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
    let_pass();
    peer.send("b");
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get());
  EXPECT_TRUE(client.read_message().ends_with("ab"));
  expect_quick(proxy);
}

TEST(Latency, AWebSocketIsAnsweredWhenItIsOpen) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 101 x\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n");
    while (!peer.read(1).empty()) peer.send("y");
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  client.read_head();
  expect_quick(proxy);
  let_pass();
  client.send("x");
  EXPECT_EQ(client.read(1), "y");
  expect_quick(proxy);
}

TEST(Latency, WhatLivefixSaysForTheProgramDoesNot) {
  std::atomic<int> asked{0};
  ScriptedBackend backend([&](Peer& peer) {
    if (peer.read_message().empty()) return;
    if (asked++ == 0) {
      peer.read_all();
    } else {
      peer.send("no HTTP\r\n\r\n");
    }
  });
  ProxyHarness proxy;
  RoutingPlan plan;
  plan.version = PlanVersion{1};
  plan.generations = {route(1, 100, proxy.port(), backend.address())};
  plan.traffic.limits.answer = Milliseconds{30};
  proxy.use_plan(plan);
  Peer client = proxy.connect();
  client.send(post("x"));
  EXPECT_TRUE(client.read_message().starts_with("HTTP/1.1 504 "));
  client.send(post("x"));
  EXPECT_TRUE(client.read_message().starts_with("HTTP/1.1 502 "));
  EXPECT_EQ(latency::total(proxy.latencies(1)), 0U);
}

TEST(Latency, AGenerationHasItsOwn) {
  ScriptedBackend hangs_up([](Peer& peer) { peer.read_message(); });
  ScriptedBackend good(always("x"));
  ProxyHarness proxy;
  proxy.use({route(1, 1'000'000, proxy.port(), hangs_up.address()),
             route(2, 1, proxy.port(), good.address())});
  Peer client = proxy.connect();
  client.send(get());
  ASSERT_EQ(client.read_message(), ok("x"));
  EXPECT_EQ(latency::total(proxy.latencies(1)), 0U);
  EXPECT_EQ(latency::total(proxy.latencies(2)), 1U);
  EXPECT_EQ(proxy.count(1, &GenerationCounters::abandoned), 1U) << "nothing else tells of it";
}

TEST(Latency, StreamsOfAClientOfHttp2HaveEachTheirOwn) {
  std::promise<void> quick_is_done;
  ScriptedBackend backend([&](Peer& peer) {
    const std::string request = peer.read_head();
    if (request.starts_with("GET /slow ")) {
      quick_is_done.get_future().wait();
      let_pass();
    }
    if (!request.empty()) peer.send(ok("x"));
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Http2Peer client(proxy);
  const int slow = client.get("/slow");
  const int quick = client.get("/quick");
  EXPECT_EQ(client.answer(quick), "x");
  expect_quick(proxy);
  quick_is_done.set_value();
  EXPECT_EQ(client.answer(slow), "x");
  EXPECT_EQ(latency::total(proxy.latencies(1)), 2U);
  EXPECT_GE(longest(proxy.latencies(1)), kSlow);
}

TEST(Latency, AProgramThatSpeaksHttp2IsMeasuredLikeAnyOther) {
  constexpr Milliseconds kWork{30};
  ScriptedBackend backend([&](Peer& accepted) {
    Http2Peer peer(std::move(accepted));
    while (const int stream = peer.next_request()) {
      let_pass(kWork);
      peer.send(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, stream, field(":status", "200")));
      peer.send(frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream, "x"));
    }
  });
  ProxyHarness proxy;
  RoutingPlan plan;
  plan.version = PlanVersion{1};
  plan.generations = {route(1, 100, proxy.port(), backend.address())};
  plan.traffic.backend = BackendProtocol::http2;
  proxy.use_plan(plan);
  Peer client = proxy.connect();
  client.send(get());
  EXPECT_TRUE(client.read_head().starts_with("HTTP/1.1 200"));
  const auto counts = proxy.latencies(1);
  EXPECT_EQ(latency::total(counts), 1U);
  EXPECT_GE(longest(counts), kWork);
}

}  // namespace
}  // namespace livefix::proxy
