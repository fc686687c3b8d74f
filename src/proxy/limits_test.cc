// What users may bound: sizes, times, numbers. And what the proxy believes of its peers.
#include <gtest/gtest.h>

#include "proxy/proxy_harness.h"

namespace livefix::proxy::testing {
namespace {

TEST(Limits, ALargerBodyThanAllowedIsRefused) {
  ScriptedBackend backend([](Peer& peer) {
    while (!peer.read_message().empty()) peer.send(ok("taken"));
  });
  ProxyHarness proxy(1, with({.body = 10}));
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(post("0123456789"));
  EXPECT_TRUE(client.read_message().ends_with("taken"));
  client.send(post("0123456789a"));
  EXPECT_TRUE(client.read_message().starts_with("HTTP/1.1 413 Content Too Large"));
}

TEST(Limits, ALargerBodyIsRefusedAlsoWhenItDoesNotSaySo) {
  ScriptedBackend backend([](Peer& peer) { peer.read_all(); });
  ProxyHarness proxy(1, with({.body = 100}));
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.send("ff\r\n" + std::string(255, 'x') + "\r\n");
  EXPECT_TRUE(client.read_message().starts_with("HTTP/1.1 413"));
  EXPECT_TRUE(ProxyHarness::eventually(
      [&] { return proxy.count(1, &GenerationCounters::in_flight) == 0; }));
}

TEST(Limits, ALargerHeadThanAllowedIsRefused) {
  ScriptedBackend backend(always("x"));
  ProxyHarness proxy(1, with({.head = 1024}));
  proxy.use(backend);
  for (const bool whole : {true, false}) {
    Peer client = proxy.connect();
    const std::string head = "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(1100, 'a');
    client.send(whole ? head + "\r\n\r\n" : head);
    EXPECT_TRUE(client.read_message().starts_with("HTTP/1.1 431")) << whole;
  }
}

TEST(Limits, MoreFieldsThanAllowedAreRefused) {
  ScriptedBackend backend(always("x"));
  ProxyHarness proxy(1, with({.fields = 2}));
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\n\r\n");
  EXPECT_TRUE(client.read_message().starts_with("HTTP/1.1 200"));
  client.send("GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\n\r\n");
  EXPECT_TRUE(client.read_message().starts_with("HTTP/1.1 431"));
}

TEST(Limits, ABodyThatStopsIsNotWaitedForLong) {
  std::atomic<bool> told{false};
  ScriptedBackend backend([&](Peer& peer) {
    peer.read_head();
    peer.read_all();
    told = true;
  });
  ProxyHarness proxy(1, with({.body_time = Milliseconds{30}}));
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(client.read_message().starts_with("HTTP/1.1 408"));
  EXPECT_TRUE(ProxyHarness::eventually([&] { return told.load(); }));
}

// It says one thing and then listens, as a stream of gRPC in both directions may for hours.
TEST(Limits, AClientThatTheProgramTalksWithMayBeSilent) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.read(8);  // "3", "abc" and their ends
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n");
    peer.read_until("0\r\n\r\n");
    peer.send("0\r\n\r\n");
    peer.read_all();
  });
  ProxyHarness proxy(1, with({.body_time = Milliseconds{30}}));
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  EXPECT_EQ(client.read_until("1\r\na\r\n").substr(0, 12), "HTTP/1.1 200");
  // Another that is silent before its answer is cut: by then the first has been silent longer.
  Peer other = proxy.connect();
  other.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(other.read_message().starts_with("HTTP/1.1 408"));
  client.send("0\r\n\r\n");
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "0\r\n\r\n");
}

TEST(Limits, AClientThatDoesNotTakeItsAnswerIsCut) {
  ScriptedBackend backend(always(std::string(20'000'000, 'x')));
  ProxyHarness proxy(1, with({.body_time = Milliseconds{50}}));
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get());
  EXPECT_TRUE(
      ProxyHarness::eventually([&] { return proxy.sum(&WorkerCounters::connections) == 0; }));
}

TEST(Limits, APatientProgramIsNotCut) {
  // The time is for the client's part only, and runs anew with each byte.
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.read(10);
    std::this_thread::sleep_for(Milliseconds{150});
    peer.send(ok("late"));
  });
  ProxyHarness proxy(1, with({.body_time = Milliseconds{100}}));
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(post("0123456789"));
  EXPECT_TRUE(client.read_message().ends_with("late"));
}

RoutingPlan plan_with(ProxyHarness& proxy, const ScriptedBackend& backend,
                      const TrafficSpec& traffic) {
  RoutingPlan plan;
  plan.version = PlanVersion{1};
  plan.generations = {route(1, 100, proxy.port(), backend.address())};
  plan.traffic = traffic;
  return plan;
}

TEST(Limits, AnAnswerThatDoesNotBeginIsGivenUp) {
  ScriptedBackend backend([](Peer& peer) { peer.read_all(); });
  ProxyHarness proxy;
  TrafficSpec traffic;
  traffic.limits.answer = Milliseconds{30};
  proxy.tell(link::ApplyPlan{plan_with(proxy, backend, traffic)});
  Peer client = proxy.connect();
  client.send(post("x"));
  EXPECT_TRUE(client.read_message().starts_with("HTTP/1.1 504 Gateway Timeout"));
  EXPECT_EQ(proxy.count(1, &GenerationCounters::timeouts), 1U);
  EXPECT_EQ(proxy.count(1, &GenerationCounters::failed), 0U) << "that is what the program says";
  EXPECT_EQ(proxy.count(1, &GenerationCounters::lost), 0U);
}

TEST(Limits, AnAnswerThatStopsIsGivenUp) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    peer.read_all();
  });
  ProxyHarness proxy;
  TrafficSpec traffic;
  traffic.limits.idle_answer = Milliseconds{30};
  proxy.tell(link::ApplyPlan{plan_with(proxy, backend, traffic)});
  Peer client = proxy.connect();
  client.send(get());
  client.read_all();
  EXPECT_TRUE(client.was_reset());
}

// Ends the connection that the first request came by.
ScriptedBackend::Script answers_the_second_time(std::atomic<int>& asked) {
  return [&asked](Peer& peer) {
    if (peer.read_message().empty()) return;
    if (++asked > 1) peer.send(ok("second"));
  };
}

TEST(Limits, APostIsSentAgainWhereTheUserSaysSo) {
  std::atomic<int> asked{0};
  ScriptedBackend backend(answers_the_second_time(asked));
  ProxyHarness proxy;
  TrafficSpec traffic;
  traffic.replay_posts = true;
  proxy.tell(link::ApplyPlan{plan_with(proxy, backend, traffic)});
  Peer client = proxy.connect();
  client.send(post("x"));
  EXPECT_TRUE(client.read_message().ends_with("second"));
}

TEST(Limits, ALargeRequestIsKeptAsFarAsTheUserSays) {
  std::atomic<int> asked{0};
  ScriptedBackend backend(answers_the_second_time(asked));
  ProxyHarness proxy;
  TrafficSpec traffic;
  traffic.replay_posts = true;
  traffic.keep_request = 1 << 20;
  proxy.tell(link::ApplyPlan{plan_with(proxy, backend, traffic)});
  Peer client = proxy.connect();
  client.send(post(std::string(500'000, 'x')));
  EXPECT_TRUE(client.read_message().ends_with("second"));
}

// --- who is believed -----------------------------------------------------------------------------

ScriptedBackend::Script mirror() {
  return [](Peer& peer) {
    for (;;) {
      const std::string head = peer.read_head();
      if (head.empty() || !peer.send(ok(head))) return;
    }
  };
}

std::string id_in(const std::string& text) {
  const std::size_t at = text.find("X-Request-Id: ");
  return at == std::string::npos ? "" : text.substr(at + 14, text.find('\r', at) - at - 14);
}

constexpr const char* kTells =
    "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.9\r\nX-Request-Id: theirs-1\r\n\r\n";

TEST(Trust, AStrangersWordIsDropped) {
  ScriptedBackend backend(mirror());
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(kTells);
  const std::string seen = client.read_message();
  EXPECT_EQ(seen.find("203.0.113.9"), std::string::npos);
}

TEST(Trust, AnIdIsPassedOnWhoeverChoseIt) {
  ScriptedBackend backend(mirror());
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(kTells);
  EXPECT_EQ(id_in(client.read_message()), "theirs-1");
  client.send("GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: a\"b c\r\n\r\n");
  EXPECT_EQ(id_in(client.read_message()).size(), 32U) << "that would break a log line";
}

TEST(Trust, AProxyOfOursIsBelieved) {
  ScriptedBackend backend(mirror());
  ProxySpec settings;
  settings.trusted = {*Network::parse("127.0.0.0/8")};
  ProxyHarness proxy(1, settings);
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(kTells);
  const std::string seen = client.read_message();
  EXPECT_NE(seen.find("X-Forwarded-For: 203.0.113.9, 127.0.0.1\r\n"), std::string::npos);
  EXPECT_EQ(id_in(seen), "theirs-1");
}

TEST(Trust, EachRequestHasAnIdOfItsOwn) {
  ScriptedBackend backend(mirror());
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get());
  const std::string first = id_in(client.read_message());
  client.send(get());
  EXPECT_NE(first, id_in(client.read_message()));
}

TEST(Trust, IdsCanBeSwitchedOff) {
  ScriptedBackend backend(mirror());
  ProxySpec settings;
  settings.request_id = "";
  ProxyHarness proxy(1, settings);
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(kTells);
  EXPECT_EQ(id_in(client.read_message()), "theirs-1") << "then it is a field like any other";
}

}  // namespace
}  // namespace livefix::proxy::testing
