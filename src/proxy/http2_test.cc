// HTTP/2 clients in the proxy: what depends on its time limits, and what ends how. The rest is
// tested from outside, in tests/e2e/test_http2*.py.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "proxy/http2_peer.h"

namespace livefix::proxy {
namespace {

using namespace livefix::proxy::testing;

// Answers with as many bytes as the path says, and says when it was left alone.
ScriptedBackend::Script sized() {
  return [](Peer& peer) {
    for (std::string head = peer.read_head(); !head.empty(); head = peer.read_head()) {
      if (!peer.send(ok(std::string(std::stoul(head.substr(5)), 'x')))) return;
    }
  };
}

bool is_idle(ProxyHarness& proxy) {
  return ProxyHarness::eventually([&] {
    return proxy.sum(&WorkerCounters::connections) == 0 &&
           proxy.count(1, &GenerationCounters::in_flight) == 0;
  });
}

TEST(Http2, ServesRequestsOfOneConnection) {
  ScriptedBackend backend(sized());
  ProxyHarness proxy;
  proxy.use(backend);
  {
    Http2Peer client(proxy);
    for (int i = 0; i < 100; ++i) ASSERT_EQ(client.answer(client.get("/7")), "xxxxxxx");
    EXPECT_EQ(proxy.sum(&WorkerCounters::connections), 1U);
    EXPECT_EQ(proxy.count(1, &GenerationCounters::requests), 100U);
  }
  EXPECT_TRUE(is_idle(proxy));
  EXPECT_EQ(proxy.count(1, &GenerationCounters::lost), 0U);
}

TEST(Http2, DoesNotCareWhereFramesAreSplit) {
  ScriptedBackend backend(always("x"));
  ProxyHarness proxy;
  proxy.use(backend);
  Http2Peer client(proxy);
  const int on = 1;
  setsockopt(client.peer().fd(), IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
  const std::string request =
      frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, head("POST", "/")) +
      frame(NGHTTP2_DATA, 0, 1, "abc") + frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "de");
  for (const char byte : request) client.send({&byte, 1});
  EXPECT_EQ(client.answer(1), "x");
}

TEST(Http2, ServesTheLastStreamThatThereCanBe) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_until("x-trailer: y\r\n\r\n");
    peer.send(ok("x"));
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Http2Peer client(proxy);
  constexpr int kLast = 0x7fffffff;
  client.send(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, kLast, head("POST", "/")) +
              frame(NGHTTP2_DATA, 0, kLast, "body") +
              frame(NGHTTP2_HEADERS, Http2Peer::kWhole, kLast, field("x-trailer", "y")));
  EXPECT_EQ(client.answer(kLast), "x");
}

TEST(Http2, EndsAConnectionWhoseHeadDoesNotCome) {
  ScriptedBackend backend(always("x"));
  ProxyHarness proxy(1, with({.head_time = Milliseconds{50}}));
  proxy.use(backend);
  Http2Peer silent(proxy);
  EXPECT_TRUE(silent.is_closed());
  Http2Peer slow(proxy);
  slow.next(NGHTTP2_SETTINGS, 0);  // its acknowledgement must not come in between
  slow.ask(NGHTTP2_FLAG_END_STREAM, head("GET", "/"));  // and no CONTINUATION
  EXPECT_TRUE(slow.is_closed());
  EXPECT_TRUE(is_idle(proxy));
}

TEST(Http2, AMalformedHeadEndsNoOtherRequest) {
  std::atomic<bool> go{false};
  ScriptedBackend backend([&](Peer& peer) {
    peer.read_head();
    EXPECT_TRUE(ProxyHarness::eventually([&] { return go.load(); }));
    peer.send(ok("late"));
    peer.read_all();
  });
  ProxyHarness proxy(1, with({.head_time = Milliseconds{50}}));
  proxy.use(backend);
  Http2Peer client(proxy);
  const int good = client.get();
  const int bad = client.ask(Http2Peer::kWhole, head("GET", "/") + field("Upper", "x"));
  EXPECT_EQ(client.next(NGHTTP2_RST_STREAM, bad).error(), NGHTTP2_PROTOCOL_ERROR);
  for (int i = 0; i < 2; ++i) {
    Http2Peer silent(proxy);  // for as long as a head may take
    EXPECT_TRUE(silent.is_closed());
  }
  go = true;
  EXPECT_EQ(client.answer(good), "late");
}

TEST(Http2, TheConnectionsWindowComesBackFromStreamsThatAreReset) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_until("\r\n0\r\n\r\n");
    peer.send(ok("all of it"));
  });
  ProxyHarness proxy;
  proxy.use({});  // requests wait, and most of what they bring is not read
  Http2Peer client(proxy);
  std::size_t window = 65'535;
  const auto send = [&](int stream, int flags, std::size_t size) {
    while (window < size) {
      const Frame more = client.next(NGHTTP2_WINDOW_UPDATE, 0);
      if (more.type < 0) return false;
      window += more.number(0);
    }
    window -= size;
    return client.send(frame(NGHTTP2_DATA, flags, stream, std::string(size, 'x')));
  };
  for (int i = 0; i < 20; ++i) {
    const int stream = client.ask(NGHTTP2_FLAG_END_HEADERS, head("POST", "/"));
    for (int j = 0; j < 12; ++j) ASSERT_TRUE(send(stream, 0, 16'000)) << "stream " << stream;
    client.send(frame(NGHTTP2_RST_STREAM, 0, stream, big_endian(NGHTTP2_CANCEL, 4)));
  }
  proxy.use(backend);
  const int last = client.ask(NGHTTP2_FLAG_END_HEADERS, head("POST", "/"));
  ASSERT_TRUE(send(last, NGHTTP2_FLAG_END_STREAM, 16'000));
  EXPECT_EQ(client.answer(last), "all of it");
}

TEST(Http2, ClosesAnIdleConnectionWithAGoaway) {
  ScriptedBackend backend(always("x"));
  ProxyHarness proxy(1, with({.idle = Milliseconds{50}}));
  proxy.use(backend);
  Http2Peer client(proxy);
  EXPECT_EQ(client.answer(client.get()), "x");
  EXPECT_EQ(client.next(NGHTTP2_GOAWAY, 0).error(), NGHTTP2_NO_ERROR);
  EXPECT_TRUE(client.is_closed());
  client.peer().close();
  EXPECT_TRUE(is_idle(proxy));
}

// 8 MiB of fields of a byte each: they cost the proxy a hundred times what as many bytes of a body
// would. Others get their turns meanwhile.
TEST(Http2, AFloodOfFieldsDoesNotKeepOthersWaiting) {
  constexpr int kAll = 8 * 1024 * 1024;
  constexpr int kFrame = 16 * 1024;
  constexpr int kFrames = 8;                                   // of a head
  const std::string indexed(kFrame, static_cast<char>(0x90));  // accept-encoding: gzip, deflate
  std::string flood;
  for (int stream = 1; flood.size() < kAll; stream += 2) {
    flood += frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, stream, head("GET", "/"));
    for (int i = 1; i < kFrames; ++i) {
      const int flags = i + 1 == kFrames ? NGHTTP2_FLAG_END_HEADERS : 0;
      flood += frame(NGHTTP2_CONTINUATION, flags, stream, indexed);
    }
  }
  ScriptedBackend backend(always("x"));
  ProxyHarness proxy;
  proxy.use(backend);
  Peer good = proxy.connect();
  Http2Peer bad(proxy);
  std::atomic<bool> over{false};
  std::thread flooding([&] {
    EXPECT_TRUE(bad.send(flood));
    bad.send(frame(NGHTTP2_PING, 0, 0, "12345678"));
    EXPECT_EQ(bad.next(NGHTTP2_PING, 0).type, NGHTTP2_PING);
    over = true;
  });
  int answers = 0;
  for (; !over; ++answers) {
    good.send(get());
    EXPECT_EQ(good.read_message(), ok("x"));
  }
  flooding.join();
  EXPECT_GE(answers, 50);
}

TEST(Http2, LetsGoOfAClientThatTakesNothingOfItsAnswer) {
  ScriptedBackend backend(sized());
  ProxyHarness proxy(1, with({.head_time = Milliseconds{50},
                              .body_time = Milliseconds{50},
                              .idle = Milliseconds{50}}));
  proxy.use(backend);
  Http2Peer client(proxy, 0);
  client.get("/100000");  // the proxy has all of both, and the program is free
  client.get("/200000");
  EXPECT_TRUE(is_idle(proxy));
  EXPECT_TRUE(client.is_closed());
}

TEST(Http2, WaitsForAClientThatTakesItsAnswerSlowly) {
  ScriptedBackend backend(sized());
  ProxyHarness proxy(1, with({.head_time = Milliseconds{400},
                              .body_time = Milliseconds{400},
                              .idle = Milliseconds{400}}));
  proxy.use(backend);
  for (const std::size_t size : {100'000, 300'000}) {
    Http2Peer client(proxy, 0);
    const int stream = client.get(fmt::format("/{}", size));
    std::string body;
    client.open(0, 1 << 30);
    // Twice as long as one may do nothing, and never long without a step.
    for (int step = 0; step < 50; ++step) {
      std::this_thread::sleep_for(Milliseconds{16});
      client.open(stream, static_cast<std::uint32_t>(size / 50));
      while (body.size() < size / 50 * static_cast<std::size_t>(step + 1)) {
        const Frame one = client.next(NGHTTP2_DATA, stream);
        ASSERT_GE(one.type, 0) << "after " << body.size();
        body += one.payload;
      }
    }
    EXPECT_EQ(body.size(), size);
  }
}

TEST(Http2, ADrainSaysGoawayTwiceAlsoToAClientThatDoesNotAnswer) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_until("\r\n0\r\n\r\n");
    peer.send(ok("x"));
  });
  ProxyHarness proxy(1, {}, {.linger = Milliseconds{50}});
  proxy.use(backend);
  Http2Peer client(proxy);
  const int stream = client.ask(NGHTTP2_FLAG_END_HEADERS, head("POST", "/"));
  client.next(NGHTTP2_SETTINGS, 0);
  client.next(NGHTTP2_SETTINGS, 0);  // it has read what we have sent
  proxy.tell(link::DrainProxy{});
  const Frame first = client.next(NGHTTP2_GOAWAY, 0);
  EXPECT_EQ(first.number(0), 0x7fffffffU);
  const Frame second = client.next(NGHTTP2_GOAWAY, 0);
  EXPECT_EQ(second.number(0), 1U);
  client.send(frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, stream, "body"));
  EXPECT_EQ(client.answer(stream), "x");
  EXPECT_TRUE(client.is_closed());
  client.peer().close();
  for (auto message = proxy.next(); !std::holds_alternative<link::ProxyDrained>(*message);
       message = proxy.next()) {
    ASSERT_TRUE(message);
  }
  EXPECT_TRUE(is_idle(proxy));
}

TEST(Http2, StreamsOfACutGenerationAreReset) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    peer.read_all();
  });
  ScriptedBackend next(always("next"));
  ProxyHarness proxy;
  proxy.use(backend);
  Http2Peer client(proxy);
  const int stream = client.get();
  EXPECT_EQ(client.next(NGHTTP2_DATA, stream).payload, "abc");
  proxy.use({route(2, 100, proxy.port(), next.address())});
  EXPECT_EQ(client.next(NGHTTP2_RST_STREAM, stream).error(), NGHTTP2_INTERNAL_ERROR);
  EXPECT_EQ(client.answer(client.get()), "next");
}

TEST(Http2, AProxyMayStopWithRequestsOfEveryKindOpen) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\nabc");
    peer.read_all();
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Http2Peer client(proxy);
  const int answered = client.get();
  client.ask(NGHTTP2_FLAG_END_HEADERS, head("POST", "/"));
  EXPECT_EQ(client.next(NGHTTP2_DATA, answered).payload, "abc");
  client.get();
  client.ask(0, head("GET", "/"));
  proxy.stop();
  EXPECT_TRUE(client.is_closed());
}

TEST(Http2, AnswersFromLivefixItselfAsWell) {
  ProxyHarness proxy;
  proxy.use({}, {.max_requests = 0});
  Http2Peer client(proxy);
  EXPECT_EQ(client.answer(client.get()),
            "livefix: no process of the service could take the request in time.\n");
  EXPECT_EQ(client.answer(client.ask(Http2Peer::kWhole, head("HEAD", "/"))), "");
  EXPECT_EQ(proxy.sum(&ServiceCounters::shed), 2U);
}

}  // namespace
}  // namespace livefix::proxy
