// Backends and clients that end at every byte of what they had to say, and those that say it a
// byte at a time: the table in docs/proxy.md ("What is sent again") at each offset.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "proxy/http2_peer.h"

namespace livefix::proxy {
namespace {

using namespace livefix::proxy::testing;

enum class End { in_order, reset };

void end(Peer& peer, End how) {
  how == End::reset ? peer.reset() : peer.close();
}

void send_at_once(Peer& peer) {
  const int on = 1;
  setsockopt(peer.fd(), IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
}

std::string get_close(std::string_view path) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n", path);
}

// --- answers that break off ----------------------------------------------------------------------

// An answer, and where its head ends.
struct Answer {
  const char* name;
  std::string head;
  std::string coded;  // the body as it is sent
  std::string body;
  bool until_close = false;

  std::string bytes() const { return head + coded; }
};

const Answer kAnswers[] = {
    {"Length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "0123456789", "0123456789"},
    {"Chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
     "4\r\n0123\r\n6;x=y\r\n456789\r\n0\r\nTrailer: t\r\n\r\n", "0123456789"},
    {"UntilClose", "HTTP/1.1 200 OK\r\nX: y\r\n\r\n", "0123456789", "0123456789", true},
    {"BehindAnInterimAnswer",
     "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n",
     "0123456789", "0123456789"},
};

struct Case {
  Answer answer;
  End how;
  bool reused;  // the connection has carried a request before

  friend void PrintTo(const Case& one, std::ostream* out) { *out << one.answer.name; }
};

std::string name_of(const ::testing::TestParamInfo<Case>& one) {
  return fmt::format("{}{}{}", one.param.answer.name,
                     one.param.how == End::reset ? "Reset" : "Closed",
                     one.param.reused ? "OnAUsedConnection" : "");
}

class BrokenAnswer : public ::testing::TestWithParam<Case> {
 protected:
  // Of each attempt at "/bad" the first `cut` bytes of the answer come while `bad` is set; the
  // attempts behind it get "again".
  BrokenAnswer()
      : backend_([this](Peer& peer) {
          for (;;) {
            const std::string request = peer.read_message();
            if (request.empty()) return;
            if (request.find(" /bad ") == std::string::npos) {
              if (!peer.send(ok("good"))) return;
              continue;
            }
            ++asked_;
            if (!bad_.exchange(false)) {
              if (!peer.send(ok("again"))) return;
              continue;
            }
            peer.send(answer().bytes().substr(0, cut_));
            return end(peer, GetParam().how);
          }
        }) {
    proxy_.use(backend_);
  }

  const Answer& answer() const { return GetParam().answer; }

  void prepare(std::size_t cut) {
    if (GetParam().reused) {  // a connection waits in the pool
      Peer before = proxy_.connect();
      before.send(get_close("/good"));
      ASSERT_TRUE(before.read_all().ends_with("good"));
    }
    asked_ = 0;
    cut_ = cut;
    bad_ = true;
  }
  void expect_the_next_works() {
    Peer next = proxy_.connect();
    next.send(get_close("/good"));
    EXPECT_TRUE(next.read_all().ends_with("\r\n\r\ngood"));
  }

  // What the client has to be shown of the first `cut` bytes.
  enum class Shown { again, bad_gateway, broken, whole };
  Shown shown(std::size_t cut, bool idempotent) const {
    const std::size_t interim = answer().head.find("HTTP/1.1 200");
    if (cut == 0 || cut == interim) return idempotent ? Shown::again : Shown::bad_gateway;
    if (cut < answer().head.size()) return Shown::bad_gateway;
    if (answer().until_close) return GetParam().how == End::reset ? Shown::broken : Shown::whole;
    return cut < answer().bytes().size() ? Shown::broken : Shown::whole;
  }

  std::atomic<std::size_t> cut_{0};
  std::atomic<bool> bad_{false};
  std::atomic<int> asked_{0};
  ScriptedBackend backend_;
  ProxyHarness proxy_;
};

TEST_P(BrokenAnswer, ToAClientOfHttp1) {
  std::uint64_t lost = 0;
  for (const bool idempotent : {true, false}) {
    for (std::size_t cut = 0; cut <= answer().bytes().size(); ++cut) {
      SCOPED_TRACE(fmt::format("{} bytes to a {}", cut, idempotent ? "GET" : "POST"));
      prepare(cut);
      Peer client = proxy_.connect();
      client.send(idempotent ? get_close("/bad")
                             : "POST /bad HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n"
                               "Content-Length: 4\r\n\r\nonce");
      const std::string text = without_interim(client.read_all());
      switch (shown(cut, idempotent)) {
        case Shown::again:
          EXPECT_TRUE(text.ends_with("\r\n\r\nagain")) << text;
          EXPECT_EQ(asked_, 2);
          break;
        case Shown::bad_gateway:
          EXPECT_TRUE(text.starts_with("HTTP/1.1 502 ")) << text;
          EXPECT_FALSE(client.was_reset());
          EXPECT_EQ(asked_, 1);
          ++lost;
          break;
        case Shown::broken:
          EXPECT_TRUE(client.was_reset());
          EXPECT_EQ(asked_, 1);
          ++lost;
          break;
        case Shown::whole: {
          EXPECT_FALSE(client.was_reset());
          const std::size_t body =
              answer().until_close ? cut - answer().head.size() : answer().coded.size();
          EXPECT_TRUE(text.ends_with("\r\n\r\n" + answer().coded.substr(0, body))) << text;
          break;
        }
      }
      expect_the_next_works();
      if (HasFailure()) return;
    }
  }
  EXPECT_EQ(proxy_.count(1, &GenerationCounters::lost), lost);
}

TEST_P(BrokenAnswer, ToAClientOfHttp2) {
  Http2Peer client(proxy_);  // one connection for all: no end of a stream is its end
  for (const bool idempotent : {true, false}) {
    for (std::size_t cut = 0; cut <= answer().bytes().size(); ++cut) {
      SCOPED_TRACE(fmt::format("{} bytes to a {}", cut, idempotent ? "GET" : "POST"));
      prepare(cut);
      const int stream = client.ask(Http2Peer::kWhole, head(idempotent ? "GET" : "POST", "/bad"));
      const std::string body = client.answer(stream);
      switch (shown(cut, idempotent)) {
        case Shown::again:
          EXPECT_EQ(body, "again");
          break;
        case Shown::bad_gateway:
          EXPECT_TRUE(body.starts_with("livefix: ")) << body;
          break;
        case Shown::broken:
          EXPECT_EQ(body, "reset");
          break;
        case Shown::whole:
          EXPECT_EQ(body, answer().until_close ? answer().body.substr(0, cut - answer().head.size())
                                               : answer().body);
          break;
      }
      EXPECT_EQ(client.answer(client.get("/good")), "good");
      if (HasFailure()) return;
    }
  }
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const Answer& answer : kAnswers) {
    for (const End how : {End::in_order, End::reset}) {
      for (const bool reused : {false, true}) cases.push_back({answer, how, reused});
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Answers, BrokenAnswer, ::testing::ValuesIn(all_cases()), name_of);

// --- requests that break off ---------------------------------------------------------------------

// Takes whole requests only; whether one was, it counts.
class BrokenRequest : public ::testing::Test {
 protected:
  BrokenRequest()
      : backend_([this](Peer& peer) {
          for (;;) {
            const std::string head = peer.read_head();
            if (!head.ends_with("\r\n\r\n")) return;
            const bool chunked = head.find("chunked") != std::string::npos;
            const std::string body = chunked ? peer.read_until("0\r\n\r\n") : peer.read(10);
            if (body != (chunked ? "a\r\n0123456789\r\n0\r\n\r\n" : "0123456789")) return;
            ++whole_;
            if (!peer.send(ok("x"))) return;
          }
        }) {
    proxy_.use(backend_);
  }

  void expect_nothing_is_left() {
    EXPECT_TRUE(ProxyHarness::eventually([&] {
      return proxy_.sum(&WorkerCounters::connections) == 0 &&
             proxy_.count(1, &GenerationCounters::in_flight) == 0;
    }));
    Peer next = proxy_.connect();
    next.send(kRequests[0]);
    EXPECT_EQ(next.read_message(), ok("x"));
  }

  static inline const std::string kRequests[] = {
      "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 10\r\n\r\n0123456789",
      "POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n"
      "a\r\n0123456789\r\n0\r\n\r\n"};

  std::atomic<int> whole_{0};
  ScriptedBackend backend_;
  ProxyHarness proxy_;
};

TEST_F(BrokenRequest, IsNeverTakenForTheWhole) {
  for (const std::string& request : kRequests) {
    for (std::size_t cut = 0; cut < request.size(); ++cut) {
      for (const bool resets : {false, true}) {
        SCOPED_TRACE(fmt::format("{} bytes, {}", cut, resets ? "reset" : "closed"));
        whole_ = 0;
        Peer client = proxy_.connect();
        client.send(request.substr(0, cut));
        resets ? client.reset() : client.close();
        expect_nothing_is_left();
        EXPECT_EQ(whole_, 1);  // the next one's
        if (HasFailure()) return;
      }
    }
  }
  EXPECT_EQ(proxy_.count(1, &GenerationCounters::lost), 0U);
}

TEST_F(BrokenRequest, EndsTheConnectionOfAClientThatShutsDownInside) {
  for (const std::string& request : kRequests) {
    for (std::size_t cut = 0; cut < request.size(); ++cut) {
      SCOPED_TRACE(cut);
      whole_ = 0;
      Peer client = proxy_.connect();
      client.send(request.substr(0, cut));
      client.shut_down_sending();
      client.read_all();  // ends: whatever it was told, nothing is waited for
      EXPECT_TRUE(client.is_closed());
      EXPECT_EQ(whole_, 0);
      client.close();
      expect_nothing_is_left();
      if (HasFailure()) return;
    }
  }
}

TEST_F(BrokenRequest, OfHttp2IsNeverTakenForTheWhole) {
  const std::string request = NGHTTP2_CLIENT_MAGIC + frame(NGHTTP2_SETTINGS, 0, 0) +
                              frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1,
                                    head("POST", "/") + field("content-length", "10")) +
                              frame(NGHTTP2_DATA, 0, 1, "01234") +
                              frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "56789");
  for (std::size_t cut = 0; cut < request.size(); ++cut) {
    for (const bool resets : {false, true}) {
      SCOPED_TRACE(fmt::format("{} bytes, {}", cut, resets ? "reset" : "closed"));
      whole_ = 0;
      Peer client = proxy_.connect();
      client.send(request.substr(0, cut));
      resets ? client.reset() : client.close();
      expect_nothing_is_left();
      EXPECT_EQ(whole_, 1);
      if (HasFailure()) return;
    }
  }
}

// --- a byte at a time ----------------------------------------------------------------------------

// Reads a message byte by byte and answers byte by byte.
ScriptedBackend::Script drips(const std::string& answer, std::size_t request_size) {
  return [answer, request_size](Peer& peer) {
    send_at_once(peer);
    while (!peer.read_head().empty()) {
      if (peer.read(request_size).size() < request_size) return;
      for (const char byte : answer) {
        if (!peer.send({&byte, 1})) return;
      }
    }
  };
}

TEST(AByteAtATime, InBothDirectionsOnBothSides) {
  const std::string body = "5\r\nhello\r\n0\r\n\r\n";
  const std::string answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body;
  ScriptedBackend backend(drips(answer, 10));
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  send_at_once(client);
  for (int i = 0; i < 20; ++i) {
    for (const char byte : post("0123456789")) ASSERT_TRUE(client.send({&byte, 1}));
    std::string got;
    while (got.size() < answer.size()) {
      char byte = 0;
      ASSERT_EQ(::recv(client.fd(), &byte, 1, 0), 1) << got;
      got.push_back(byte);
    }
    EXPECT_EQ(got, answer);
  }
}

TEST(AByteAtATime, OfTheWindowsOfHttp2) {
  ScriptedBackend backend(drips(ok("0123456789"), 0));
  ProxyHarness proxy;
  proxy.use(backend);
  Http2Peer client(proxy, 0);
  for (int i = 0; i < 20; ++i) {
    const int stream = client.get();
    EXPECT_EQ(client.next(NGHTTP2_HEADERS, stream).stream, stream);
    std::string body;
    while (body.size() < 10) {
      client.open(stream, 1);
      const Frame piece = client.next(NGHTTP2_DATA, stream);
      ASSERT_EQ(piece.payload.size(), 1U) << body;
      body += piece.payload;
    }
    EXPECT_EQ(body, "0123456789");
  }
}

// --- half-closed sockets -------------------------------------------------------------------------

// The end of its sending is the end of its answers: nothing more is sent to it.
TEST(HalfClosed, ABackendThatShutsDownBehindItsAnswerGetsNoOtherRequest) {
  std::atomic<int> ended{0};
  std::atomic<int> behind{0};
  ScriptedBackend backend([&](Peer& peer) {
    if (peer.read_message().empty()) return;
    peer.send(ok("x"));
    peer.shut_down_sending();
    ++ended;
    while (!peer.read_message().empty()) ++behind;
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  for (int i = 0; i < 50; ++i) {
    client.send(i % 2 == 0 ? get() : post("once"));
    ASSERT_EQ(client.read_message(), ok("x"));
    ASSERT_TRUE(ProxyHarness::eventually([&] { return ended == i + 1; }));
  }
  EXPECT_EQ(behind, 0);
  EXPECT_EQ(proxy.count(1, &GenerationCounters::lost), 0U);
}

TEST(HalfClosed, ABackendThatShutsDownBeforeTheRequestHasEndedIsBelieved) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send(ok("early"));
    peer.shut_down_sending();
    peer.read_all();
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 1000000\r\n\r\nabc");
  EXPECT_TRUE(client.read_all().ends_with("\r\n\r\nearly"));
  EXPECT_FALSE(client.was_reset());
}

TEST(HalfClosed, ABackendThatShutsDownWithoutAnAnswerHasFailed) {
  std::atomic<int> asked{0};
  ScriptedBackend backend([&](Peer& peer) {
    if (peer.read_message().empty()) return;
    ++asked;
    peer.shut_down_sending();
    peer.read_all();
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(post("once"));
  EXPECT_TRUE(client.read_message().starts_with("HTTP/1.1 502"));
  EXPECT_EQ(asked, 1);
  client.send(get());
  EXPECT_TRUE(client.read_message().starts_with("HTTP/1.1 502"));
  EXPECT_EQ(asked, 3);  // sent again once
}

}  // namespace
}  // namespace livefix::proxy
