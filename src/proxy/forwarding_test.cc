// Requests and answers of every framing, on connections that stay.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "proxy/proxy_harness.h"

namespace livefix::proxy {
namespace {

using namespace livefix::proxy::testing;

TEST(Forwarding, SendsARequestOnAndItsAnswerBack) {
  std::string seen;
  ScriptedBackend backend([&](Peer& peer) {
    seen = peer.read_head();
    peer.send(ok("hello"));
    peer.read_head();
  });
  ProxySpec settings;
  settings.request_id = "";
  settings.traceparent = false;
  ProxyHarness proxy(1, settings);
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("GET /a HTTP/1.1\r\nHost: shop\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.read_message(), ok("hello"));
  EXPECT_EQ(seen,
            "GET /a HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: "
            "http\r\nForwarded: for=127.0.0.1;proto=http\r\n\r\n");
  EXPECT_EQ(proxy.count(1, &GenerationCounters::requests), 1U);
  EXPECT_TRUE(ProxyHarness::eventually([&] {
    return proxy.count(1, &GenerationCounters::answered) == 1 &&
           proxy.count(1, &GenerationCounters::in_flight) == 0;
  }));
  EXPECT_EQ(proxy.sum(&WorkerCounters::connections), 1U);
}

TEST(Forwarding, KeepsBothConnections) {
  ScriptedBackend backend(always("x"));
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  for (int i = 0; i < 100; ++i) {
    client.send(i % 2 == 0 ? get() : post("some body"));
    ASSERT_EQ(client.read_message(), ok("x"));
  }
  EXPECT_EQ(backend.accepted(), 1);
}

TEST(Forwarding, AnswersPipelinedRequestsInOrder) {
  ScriptedBackend backend([](Peer& peer) {
    for (std::string head = peer.read_head(); !head.empty(); head = peer.read_head()) {
      peer.send(ok(head.substr(5, head.find(' ', 5) - 5)));
    }
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  std::string requests;
  for (int i = 0; i < 500; ++i) requests += get(fmt::format("/{}", i));
  client.send(requests);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(client.read_message(), ok(std::to_string(i)));
}

TEST(Forwarding, DoesNotCareWhereARequestIsSplit) {
  const std::string head = "POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string body = "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n";
  ScriptedBackend backend([&](Peer& peer) {
    while (!peer.read_head().empty()) peer.send(ok(peer.read_until("\r\n\r\n")));
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  const int on = 1;
  setsockopt(client.fd(), IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
  const std::string request = head + body;
  for (std::size_t split = 1; split < request.size(); ++split) {
    client.send(request.substr(0, split));
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    client.send(request.substr(split));
    ASSERT_EQ(client.read_message(), ok(body)) << split;
  }
  for (const char byte : request) client.send({&byte, 1});
  EXPECT_EQ(client.read_message(), ok(body));
}

TEST(Forwarding, DoesNotCareWhereAnAnswerIsSplit) {
  const std::string answer =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nTrailer: t\r\n\r\n";
  std::atomic<std::size_t> split{1};
  ScriptedBackend backend([&](Peer& peer) {
    const int on = 1;
    setsockopt(peer.fd(), IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
    while (!peer.read_head().empty()) {
      peer.send(answer.substr(0, split));
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      peer.send(answer.substr(split));
    }
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  for (; split < answer.size(); ++split) {
    client.send(get());
    ASSERT_EQ(client.read(answer.size()), answer) << split;
  }
}

TEST(Forwarding, StreamsLargeBodiesBothWays) {
  const std::string body(8 << 20, 'b');
  std::atomic<std::size_t> got{0};
  ScriptedBackend backend([&](Peer& peer) {
    for (std::string message = peer.read_message(); !message.empty();
         message = peer.read_message()) {
      got = message.size() - message.find("\r\n\r\n") - 4;
      peer.send(ok(body));
    }
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  for (int i = 0; i < 2; ++i) {
    client.send(post(body));
    ASSERT_EQ(client.read_message().size(), ok(body).size());
    EXPECT_EQ(got, body.size());
  }
}

TEST(Forwarding, HoldsTheProgramBackWhileTheClientDoesNotRead) {
  std::atomic<std::size_t> sent{0};
  const std::string piece(64 << 10, 'p');
  constexpr std::size_t kPieces = 1024;
  ScriptedBackend backend([&](Peer& peer) {
    peer.read_head();
    peer.send(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", piece.size() * kPieces));
    for (std::size_t i = 0; i < kPieces && peer.send(piece); ++i) ++sent;
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get());
  client.read_head();
  std::size_t before = 0;
  ASSERT_TRUE(ProxyHarness::eventually([&] {  // it stands still
    std::this_thread::sleep_for(Milliseconds{50});
    return std::exchange(before, sent.load()) == sent.load() && before > 0;
  }));
  EXPECT_LT(sent, kPieces / 2);
  EXPECT_EQ(client.read(piece.size() * kPieces).size(), piece.size() * kPieces);
}

TEST(Forwarding, GivesNoBodyWhereThereIsNone) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
    peer.read_head();
    peer.send("HTTP/1.1 204 No Content\r\n\r\n");
    peer.read_head();
    peer.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n");
    peer.read_head();
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("HEAD / HTTP/1.1\r\nHost: shop\r\n\r\n");
  EXPECT_EQ(client.read_head(), "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
  client.send(get());
  EXPECT_EQ(client.read_head(), "HTTP/1.1 204 No Content\r\n\r\n");
  client.send(get());
  EXPECT_EQ(client.read_head(), "HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n");
  EXPECT_EQ(backend.accepted(), 1);
}

TEST(Forwarding, PassesAnAnswerWithoutLengthUntilTheEnd) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.0 200 OK\r\n\r\nabc");
    peer.send("def");
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get());
  EXPECT_EQ(client.read_all(), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcdef");
}

TEST(Forwarding, ServesOldClients) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 103 Early Hints\r\n\r\n" + ok("x"));
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    peer.send("2\r\nde\r\n0\r\n\r\n");
    peer.read_head();
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.read_message(),
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\nx");
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.read_all(), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcde");
}

TEST(Forwarding, BoundsInterimAnswers) {
  const std::string small = "HTTP/1.1 103 Early Hints\r\n\r\n";
  const std::string large =
      "HTTP/1.1 103 Early Hints\r\nLink: " + std::string(40'000, 'a') + "\r\n\r\n";
  struct InterimCase {
    std::string one;
    int count;
    int passed;
    bool is_answered;
  };
  for (const InterimCase& it : {InterimCase{small, 16, 16, true}, InterimCase{small, 17, 16, false},
                                InterimCase{small, 100'000, 16, false},
                                InterimCase{large, 1, 1, true}, InterimCase{large, 2, 1, false}}) {
    ScriptedBackend backend([&it](Peer& peer) {
      peer.read_head();
      for (int i = 0; i < it.count; ++i) {
        if (!peer.send(it.one)) return;
      }
      peer.send(ok("x"));
    });
    ProxyHarness proxy;
    proxy.use(backend);
    Peer client = proxy.connect();
    client.send(get());
    for (int i = 0; i < it.passed; ++i) EXPECT_EQ(client.read(it.one.size()), it.one);
    EXPECT_TRUE(client.read_head().starts_with(it.is_answered ? "HTTP/1.1 200" : "HTTP/1.1 502"))
        << it.count << " of " << it.one.size();
  }
}

TEST(Forwarding, AProgramMaySwitchOnlyToWhatWasOffered) {
  for (const auto& [offered, chosen, status] : {std::tuple("echo", "echo", "101"),
                                                {"chat, Echo/2", "echo/2", "101"},
                                                {"chat, echo", "chat,echo", "101"},
                                                {"echo", "chat", "502"},
                                                {"echo", "echo, chat", "502"},
                                                {"echo", "ech", "502"},
                                                {"echo", ",", "502"}}) {
    ScriptedBackend backend([&chosen](Peer& peer) {
      peer.read_head();
      peer.send(
          fmt::format("HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: {}\r\n\r\n", chosen));
    });
    ProxyHarness proxy;
    proxy.use(backend);
    Peer client = proxy.connect();
    client.send(fmt::format(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: {}\r\n\r\n", offered));
    EXPECT_EQ(client.read_head().substr(9, 3), status) << offered << " " << chosen;
  }
}

TEST(Forwarding, RelaysExpectContinue) {
  ScriptedBackend backend([](Peer& peer) {
    const std::string head = peer.read_head();
    EXPECT_NE(head.find("Expect: 100-continue"), std::string::npos);
    peer.send("HTTP/1.1 100 Continue\r\n\r\n");
    peer.send(ok(peer.read(5)));
    peer.read_head();
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client.read_head(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");
  EXPECT_EQ(client.read_message(), ok("hello"));
}

TEST(Forwarding, PassesAnEarlyAnswerAndEndsTheConnection) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");
    peer.read_all();
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\nabc");
  EXPECT_EQ(client.read_all(),
            "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
}

TEST(Forwarding, EchoesWhileTheRequestIsStillComing) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n");
    peer.send(peer.read(3));
    peer.send(peer.read(3));
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
  EXPECT_EQ(client.read_head(),
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read(3), "abc");
  client.send("def");
  EXPECT_EQ(client.read_all(), "def");
}

TEST(Forwarding, TunnelsAfterAnUpgrade) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 101 Switching\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nfirst");
    EXPECT_EQ(peer.read(5), "early");
    std::string all = peer.read_all();  // the client's end comes through
    peer.send(fmt::format("got {}", all.size()));
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly");
  EXPECT_EQ(client.read_head(),
            "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  EXPECT_EQ(client.read(5), "first");
  EXPECT_EQ(proxy.count(1, &GenerationCounters::in_flight), 1U);
  client.send(std::string(3 << 20, 't'));
  client.shut_down_sending();
  EXPECT_EQ(client.read_all(), fmt::format("got {}", 3 << 20));
  EXPECT_TRUE(ProxyHarness::eventually(
      [&] { return proxy.count(1, &GenerationCounters::in_flight) == 0; }));
}

TEST(Forwarding, RefusesWhatIsNotHttp) {
  ScriptedBackend backend(always("x"));
  ProxyHarness proxy;
  proxy.use(backend);
  const auto answer_to = [&](std::string_view request) {
    Peer client = proxy.connect();
    client.send(request);
    const std::string answer = client.read_all();
    EXPECT_FALSE(client.was_reset());
    EXPECT_NE(answer.find("Connection: close"), std::string::npos) << answer;
    return answer.substr(0, 12);
  };
  EXPECT_EQ(answer_to("GET / HTTP/1.1\r\n\r\n" + std::string(100'000, 'x')), "HTTP/1.1 400");
  EXPECT_EQ(answer_to("GET / HTTP/3.0\r\n\r\n"), "HTTP/1.1 505");
  EXPECT_EQ(answer_to("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"), "HTTP/1.1 501");
  EXPECT_EQ(answer_to("GET / HTTP/1.1\r\nHost: a\r\nA: " + std::string(70'000, 'x')),
            "HTTP/1.1 431");
  EXPECT_EQ(answer_to("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
            "HTTP/1.1 400");
  EXPECT_EQ(proxy.sum(&WorkerCounters::refused) + proxy.sum(&ServiceCounters::refused), 5U);
}

TEST(Forwarding, DoesNotCareWhereThePrefaceOfHttp2IsSplit) {
  ScriptedBackend backend(always("x"));
  ProxyHarness proxy;
  proxy.use(backend);
  const std::string preface =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9);
  for (std::size_t split = 1; split < preface.size(); ++split) {
    Peer client = proxy.connect();
    client.send(preface.substr(0, split));
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    client.send(preface.substr(split));
    const std::string settings = client.read(9);
    ASSERT_EQ(settings.substr(0, 2) + settings.substr(3, 6), std::string("\0\0\4\0\0\0\0\0", 8))
        << split;
  }
}

// Its bytes wait with those of the first one, and go when the connection does.
TEST(Forwarding, RefusesABadBodyBehindAGoodRequest) {
  ScriptedBackend backend(always("x"));
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get() + "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n" +
              get());
  EXPECT_EQ(client.read_message(), ok("x"));
  EXPECT_EQ(client.read_all().substr(0, 12), "HTTP/1.1 400");
  Peer other = proxy.connect();
  other.send(get());
  EXPECT_EQ(other.read_message(), ok("x"));
}

TEST(Forwarding, RefusesAnAnswerThatIsNotHttp) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("nonsense\r\n\r\n");
    peer.read_all();
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get());
  EXPECT_EQ(client.read_message().substr(0, 12), "HTTP/1.1 502");
  EXPECT_EQ(proxy.count(1, &GenerationCounters::lost), 1U);
  client.send(get());  // the client's connection is as good as before
  EXPECT_EQ(client.read_message().substr(0, 12), "HTTP/1.1 502");
}

TEST(Forwarding, ResetsTheClientWhenAnAnswerBreaksOff) {
  for (const char* start : {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"}) {
    ScriptedBackend backend([&](Peer& peer) {
      peer.read_head();
      peer.send(start);
    });
    ProxyHarness proxy;
    proxy.use(backend);
    Peer client = proxy.connect();
    client.send(get());
    client.read_all();
    EXPECT_TRUE(client.was_reset());
    EXPECT_EQ(proxy.count(1, &GenerationCounters::lost), 1U);
  }
}

TEST(Forwarding, TellsTheProgramThatAClientHasLeft) {
  std::atomic<bool> told{false};
  ScriptedBackend backend([&](Peer& peer) {
    peer.read_head();
    told = peer.is_closed();
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get());
  ASSERT_TRUE(ProxyHarness::eventually([&] { return backend.accepted() == 1; }));
  client.close();
  EXPECT_TRUE(ProxyHarness::eventually(
      [&] { return told && proxy.count(1, &GenerationCounters::in_flight) == 0; }));
  EXPECT_EQ(proxy.count(1, &GenerationCounters::lost), 0U);
}

TEST(Forwarding, ClosesClientsThatTakeTooLong) {
  ScriptedBackend backend(always("x"));
  ProxyHarness proxy(1, with({.head_time = Milliseconds{50}, .idle = Milliseconds{50}}));
  proxy.use(backend);
  Peer slow = proxy.connect();
  slow.send("GET / HT");
  EXPECT_EQ(slow.read_all().substr(0, 12), "HTTP/1.1 408");
  Peer silent = proxy.connect();
  EXPECT_TRUE(silent.is_closed());
  Peer idle = proxy.connect();
  idle.send(get());
  EXPECT_EQ(idle.read_message(), ok("x"));
  EXPECT_TRUE(idle.is_closed());
}

TEST(Forwarding, ClosesIdleBackendConnections) {
  std::atomic<int> closed{0};
  ScriptedBackend backend([&](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n");
    closed += peer.is_closed() ? 1 : 0;
  });
  ProxyHarness proxy(1, {}, {.idle_backend = Milliseconds{30}});
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get());
  client.read_message();
  EXPECT_TRUE(ProxyHarness::eventually([&] { return closed == 1; }));
}

}  // namespace
}  // namespace livefix::proxy
