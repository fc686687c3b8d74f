// Programs that speak HTTP/2 and lie, or end at every byte: what the client is shown, and that its
// next request is served.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <future>
#include <mutex>

#include "proxy/http2_peer.h"

namespace livefix::proxy {
namespace {

using namespace livefix::proxy::testing;

constexpr int kHead = NGHTTP2_FLAG_END_HEADERS;
constexpr int kEnd = NGHTTP2_FLAG_END_STREAM;
constexpr int kWhole = kHead | kEnd;

// --- what programs say ---------------------------------------------------------------------------

// The frames of an answer on a stream.
using Says = std::function<std::string(int stream)>;

std::string status(std::string_view code) {
  return field(":status", code);
}
std::string of_length(std::string_view length) {
  return status("200") + field("content-length", length);
}

std::string headers(int stream, std::string_view block, int flags = kHead) {
  return frame(NGHTTP2_HEADERS, flags, stream, block);
}
std::string data(int stream, std::string_view bytes, int flags = kEnd) {
  return frame(NGHTTP2_DATA, flags, stream, bytes);
}
std::string reset(int stream, std::uint32_t error) {
  return frame(NGHTTP2_RST_STREAM, 0, stream, big_endian(error, 4));
}
std::string goaway(int last_stream) {
  return frame(NGHTTP2_GOAWAY, 0, 0,
               big_endian(static_cast<std::uint32_t>(last_stream), 4) + big_endian(0, 4));
}
std::string good(int stream, std::string_view body) {
  return headers(stream, status("200")) + data(stream, body);
}
std::string interim(int stream, int times) {
  std::string all;
  for (; times > 0; --times) all += headers(stream, status("103"));
  return all;
}

enum class Then { stays, closes, resets };

// What the client sees of it.
enum class Seen {
  whole,        // "hello"
  empty,        // whole, without a body
  again,        // it was sent again, and that got "again"
  repeated,     // a GET was; a POST gets 502
  bad_gateway,  // 502
  broken,       // what cannot be taken for the whole
};

struct Lie {
  const char* name;
  Seen seen;
  Says says;
  Then then = Then::stays;
  const char* method = "GET";  // and POST where it is GET

  friend void PrintTo(const Lie& lie, std::ostream* out) { *out << lie.name; }
};

// --- the test ------------------------------------------------------------------------------------

class Http2BackendTest : public ::testing::Test {
 protected:
  Http2BackendTest()
      : backend_([this](Peer& accepted) {
          Http2Peer peer(std::move(accepted));
          while (const int stream = peer.next_request()) {
            ++asked_;
            if (!bad_.exchange(false)) {
              if (!peer.send(good(stream, first_.exchange(false) ? "again" : "next"))) return;
              continue;
            }
            const auto [says, then] = lesson();
            if (peer.send(says(stream)) && then != Then::stays) {
              then == Then::resets ? peer.peer().reset() : peer.peer().close();
              ended_ = true;
              return;
            }
            ended_ = true;
          }
        }) {
    use(1, backend_);
  }

  void use(std::uint32_t generation, const ScriptedBackend& backend) {
    TrafficSpec traffic;
    traffic.backend = BackendProtocol::http2;
    proxy_.use_plan({.version = PlanVersion{generation},
                     .generations = {route(generation, 100, proxy_.port(), backend.address())},
                     .hold = {},
                     .traffic = traffic});
  }

  void teach(const Says& says, Then then) {
    {
      const std::lock_guard lock(mutex_);
      lesson_ = {says, then};
    }
    asked_ = 0;
    ended_ = false;
    first_ = bad_ = true;
  }

  // By HTTP/1.1. The connection of the client is its own.
  void check_http1(Seen seen, const std::string& method) {
    Peer client = proxy_.connect();
    client.send(fmt::format("{} / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n{}\r\n", method,
                            method == "POST" ? "Content-Length: 0\r\n" : ""));
    const std::string text = without_interim(client.read_all());
    const bool repeated = seen == Seen::again || (seen == Seen::repeated && method == "GET");
    if (seen == Seen::broken) {
      EXPECT_TRUE(client.was_reset()) << text;
    } else if (seen == Seen::whole) {
      EXPECT_NE(text.find("hello"), std::string::npos) << text;
      EXPECT_FALSE(client.was_reset());
    } else if (seen == Seen::empty) {
      EXPECT_TRUE(text.ends_with("\r\n\r\n")) << text;
      EXPECT_FALSE(client.was_reset());
    } else if (repeated) {
      EXPECT_NE(text.find("again"), std::string::npos) << text;
    } else {
      EXPECT_TRUE(text.starts_with("HTTP/1.1 502 ")) << text;
    }
    EXPECT_LE(asked_, 2);
    wait_for_the_end();
    bad_ = first_ = false;
    expect_next();
  }

  // By HTTP/2: the connection of the client outlives it all.
  void check_http2(Http2Peer& client, Seen seen, const std::string& method) {
    const std::string body = client.answer(client.ask(Http2Peer::kWhole, head(method, "/")));
    const bool repeated = seen == Seen::again || (seen == Seen::repeated && method == "GET");
    if (seen == Seen::broken) {
      EXPECT_EQ(body, "reset");
    } else if (seen == Seen::whole) {
      EXPECT_EQ(body, "hello");
    } else if (seen == Seen::empty) {
      EXPECT_EQ(body, "");
    } else if (repeated) {
      EXPECT_EQ(body, "again");
    } else {
      EXPECT_TRUE(body.starts_with("livefix: ")) << body;
    }
    wait_for_the_end();
    bad_ = first_ = false;
    EXPECT_EQ(client.answer(client.get()), "next");
  }

  // The client can have its whole answer before the program ends its connection. A POST that meets
  // the end on its way is answered 502, which is not what is tested here.
  void wait_for_the_end() {
    EXPECT_TRUE(ProxyHarness::eventually([&] { return bad_ || ended_; }));
  }

  void expect_next() {
    Peer next = proxy_.connect();
    next.send(
        "POST / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody");
    const std::string text = next.read_all();
    EXPECT_NE(text.find("next"), std::string::npos) << text;
    EXPECT_TRUE(ProxyHarness::eventually(
        [&] { return proxy_.count(1, &GenerationCounters::in_flight) == 0; }));
  }

  std::pair<Says, Then> lesson() {
    const std::lock_guard lock(mutex_);
    return lesson_;
  }

  std::mutex mutex_;
  std::pair<Says, Then> lesson_;  // guarded: the program is other threads
  std::atomic<bool> bad_{false};
  std::atomic<bool> ended_{false};  // the lesson is over
  std::atomic<bool> first_{false};  // the next answer that is good says "again"
  std::atomic<int> asked_{0};
  ScriptedBackend backend_;
  ProxyHarness proxy_;
};

class Http2Lie : public Http2BackendTest, public ::testing::WithParamInterface<Lie> {};

TEST_P(Http2Lie, IsSeenForWhatItIs) {
  const Lie& lie = GetParam();
  Http2Peer client(proxy_);
  for (const std::string method : {lie.method, "POST"}) {
    if (method == "POST" && std::string(lie.method) != "GET") continue;
    SCOPED_TRACE(method);
    teach(lie.says, lie.then);
    check_http1(lie.seen, method);
    SCOPED_TRACE("by HTTP/2");
    teach(lie.says, lie.then);
    check_http2(client, lie.seen, method);
  }
}

const Lie kLies[] = {
    {"Nothing", Seen::whole, [](int s) { return headers(s, of_length("5")) + data(s, "hello"); }},

    // --- lengths ---
    {"MoreThanItsLength", Seen::broken,
     [](int s) { return headers(s, of_length("5")) + data(s, "hello!"); }},
    {"MoreThanItsLengthInAnotherFrame", Seen::whole,
     [](int s) { return headers(s, of_length("5")) + data(s, "hello", 0) + data(s, "!"); }},
    {"LessThanItsLength", Seen::broken,
     [](int s) { return headers(s, of_length("6")) + data(s, "hello"); }},
    {"NothingOfItsLength", Seen::repeated,
     [](int s) { return headers(s, of_length("6"), kWhole); }},
    {"TwoLengths", Seen::repeated,
     [](int s) {
       return headers(s, of_length("5") + field("content-length", "6")) + data(s, "hello");
     }},
    {"ALengthThatIsNone", Seen::repeated,
     [](int s) { return headers(s, of_length("+5")) + data(s, "hello"); }},
    {"ALengthBeyond64Bits", Seen::repeated,
     [](int s) { return headers(s, of_length("18446744073709551621")) + data(s, "hello"); }},
    {"ChunksAsInHttp1", Seen::repeated,
     [](int s) {
       return headers(s, status("200") + field("transfer-encoding", "chunked")) +
              data(s, "5\r\nhello\r\n0\r\n\r\n");
     }},
    {"ABodyBehind204", Seen::empty,
     [](int s) { return headers(s, status("204")) + data(s, "hello"); }},
    {"ABodyBehind304", Seen::empty,
     [](int s) { return headers(s, status("304")) + data(s, "hello"); }},
    {"ALengthWith304", Seen::empty,
     [](int s) { return headers(s, status("304") + field("content-length", "5"), kWhole); }},
    {"ALengthForHead", Seen::empty, [](int s) { return headers(s, of_length("5"), kWhole); },
     Then::stays, "HEAD"},
    {"ABodyForHead", Seen::empty,
     [](int s) { return headers(s, of_length("5")) + data(s, "hello"); }, Then::stays, "HEAD"},

    // --- heads ---
    {"NoStatus", Seen::repeated,
     [](int s) { return headers(s, field("x", "y")) + data(s, "hello"); }},
    {"TwoStatuses", Seen::repeated,
     [](int s) { return headers(s, status("200") + status("404")) + data(s, "hello"); }},
    {"AStatusThatIsNone", Seen::repeated,
     [](int s) { return headers(s, status("2OO")) + data(s, "hello"); }},
    {"UpperCase", Seen::repeated,
     [](int s) { return headers(s, status("200") + field("X", "y")) + data(s, "hello"); }},
    {"AFieldOfTheConnection", Seen::repeated,
     [](int s) {
       return headers(s, status("200") + field("connection", "close")) + data(s, "hello");
     }},
    {"ALineBreakInAValue", Seen::repeated,
     [](int s) { return headers(s, status("200") + field("x", "y\r\nz: a")) + data(s, "hello"); }},
    {"SwitchingProtocols", Seen::repeated,
     [](int s) { return headers(s, status("101")) + data(s, "hello"); }},
    {"AnInterimAnswerFirst", Seen::whole,
     [](int s) {
       return headers(s, status("103") + field("link", "x")) + headers(s, status("200")) +
              data(s, "hello");
     }},
    {"AsManyInterimAnswersAsAreBorne", Seen::whole,
     [](int s) { return interim(s, kMaxInterimAnswers) + good(s, "hello"); }},
    {"OneInterimAnswerTooMany", Seen::bad_gateway,
     [](int s) { return interim(s, kMaxInterimAnswers + 1) + good(s, "hello"); }},
    {"InterimAnswersWithoutAnEnd", Seen::bad_gateway,
     [](int s) { return interim(s, 10'000) + good(s, "hello"); }},
    {"AnInterimAnswerAlone", Seen::repeated,
     [](int s) { return headers(s, status("103"), kWhole); }},
    {"DataBehindAnInterimAnswer", Seen::repeated,
     [](int s) { return headers(s, status("103")) + data(s, "hello"); }},
    {"DataFirst", Seen::repeated, [](int s) { return data(s, "hello", 0) + good(s, "hello"); }},
    {"AnEmptyBody", Seen::empty, [](int s) { return headers(s, status("200"), kWhole); }},

    // --- trailers ---
    {"Trailers", Seen::whole,
     [](int s) {
       return headers(s, status("200")) + data(s, "hello", 0) + headers(s, field("x", "y"), kWhole);
     }},
    {"TrailersWithoutAnEnd", Seen::broken,
     [](int s) {
       return headers(s, status("200")) + data(s, "hello", 0) + headers(s, field("x", "y"));
     }},
    {"AStatusInTrailers", Seen::broken,
     [](int s) {
       return headers(s, status("200")) + data(s, "hello", 0) + headers(s, status("200"), kWhole);
     }},

    // --- resets ---
    {"ResetAtOnce", Seen::repeated, [](int s) { return reset(s, NGHTTP2_CANCEL); }},
    {"ResetAtOnceWithoutAnError", Seen::repeated, [](int s) { return reset(s, NGHTTP2_NO_ERROR); }},
    {"Refused", Seen::again, [](int s) { return reset(s, NGHTTP2_REFUSED_STREAM); }},
    {"ResetBehindAnInterimAnswer", Seen::repeated,
     [](int s) { return headers(s, status("103")) + reset(s, NGHTTP2_CANCEL); }},
    {"ResetBehindTheHead", Seen::broken,
     [](int s) { return headers(s, status("200")) + reset(s, NGHTTP2_INTERNAL_ERROR); }},
    {"RefusedBehindTheHead", Seen::broken,
     [](int s) { return headers(s, status("200")) + reset(s, NGHTTP2_REFUSED_STREAM); }},
    {"ResetInTheBody", Seen::broken,
     [](int s) {
       return headers(s, status("200")) + data(s, "hel", 0) + reset(s, NGHTTP2_CANCEL);
     }},
    {"ResetInTheBodyWithoutAnError", Seen::broken,
     [](int s) {
       return headers(s, status("200")) + data(s, "hello", 0) + reset(s, NGHTTP2_NO_ERROR);
     }},
    {"ResetBehindTheEnd", Seen::whole,
     [](int s) { return good(s, "hello") + reset(s, NGHTTP2_NO_ERROR); }},

    // --- the end of the connection ---
    {"GoawayBelow", Seen::again, [](int s) { return goaway(s - 2 < 0 ? 0 : s - 2); }, Then::closes},
    {"GoawayBelowOnly", Seen::again, [](int s) { return goaway(s - 2 < 0 ? 0 : s - 2); }},
    {"GoawayThenTheAnswer", Seen::whole, [](int s) { return goaway(s) + good(s, "hello"); },
     Then::closes},
    {"GoawayThenNothing", Seen::repeated, [](int s) { return goaway(s); }, Then::closes},
    {"GoawayBehindTheHead", Seen::broken,
     [](int s) { return headers(s, status("200")) + goaway(s); }, Then::closes},
    {"GoawayBelowAStreamThatIsAnswered", Seen::broken,
     [](int s) {
       return headers(s, status("200")) + data(s, "hel", 0) + goaway(s - 2 < 0 ? 0 : s - 2);
     }},
    {"GoawayBehindTheEnd", Seen::whole, [](int s) { return good(s, "hello") + goaway(s); }},
    {"NoEndOfTheStream", Seen::broken,
     [](int s) { return headers(s, status("200")) + data(s, "hello", 0); }, Then::closes},
    {"NoEndOfTheStreamAndAReset", Seen::broken,
     [](int s) { return headers(s, status("200")) + data(s, "hello", 0); }, Then::resets},

    // --- against the connection ---
    {"APush", Seen::repeated,
     [](int s) {
       return frame(NGHTTP2_PUSH_PROMISE, kHead, s, big_endian(2, 4) + head("GET", "/")) +
              good(s, "hello");
     }},
    {"DataWithoutAStream", Seen::repeated,
     [](int s) { return data(0, "hello") + good(s, "hello"); }},
    {"AStreamOfItsOwn", Seen::repeated,
     [](int s) { return headers(2, status("200")) + good(s, "hello"); }},
    {"AContinuationOfNothing", Seen::repeated,
     [](int s) { return frame(NGHTTP2_CONTINUATION, kHead, s, status("200")) + good(s, "hello"); }},
    {"AFrameThatIsTooLarge", Seen::repeated,
     [](int s) { return data(s, std::string(20'000, 'x')) + good(s, "hello"); }},
    {"AWindowThatOverflows", Seen::repeated,
     [](int s) {
       const std::string most = big_endian(0x7fffffff, 4);
       return frame(NGHTTP2_WINDOW_UPDATE, 0, 0, most) + good(s, "hello");
     }},
    {"NonsenseInsteadOfFrames", Seen::repeated,
     [](int) { return std::string("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"); }},
    {"NonsenseInTheBody", Seen::broken,
     [](int s) {
       return headers(s, status("200")) + data(s, "hel", 0) + data(0, std::string(10, '\xff'));
     }},
    {"UnknownFrames", Seen::whole,
     [](int s) {
       return frame(0x7f, 0xff, s, "what") + good(s, "hello") + frame(0x7e, 0, 0, "?");
     }},

    // --- floods: each more than is put up with ---
    {"AFloodOfSettings", Seen::repeated,
     [](int) {
       std::string flood;
       for (int i = 0; i < 20'000; ++i) flood += frame(NGHTTP2_SETTINGS, 0, 0);
       return flood;
     }},
    {"AFloodOfPings", Seen::repeated,
     [](int) {
       std::string flood;
       for (int i = 0; i < 20'000; ++i) flood += frame(NGHTTP2_PING, 0, 0, "12345678");
       return flood;
     }},
    {"AHeadWithoutEnd", Seen::repeated,
     [](int s) {
       std::string flood = frame(NGHTTP2_HEADERS, 0, s, status("200"));
       for (int i = 0; i < 2'000; ++i) {
         flood += frame(NGHTTP2_CONTINUATION, 0, s, field("x", std::string(100, 'y')));
       }
       return flood;
     }},
};

INSTANTIATE_TEST_SUITE_P(Programs, Http2Lie, ::testing::ValuesIn(kLies),
                         [](const auto& one) { return std::string(one.param.name); });

// --- at every byte -------------------------------------------------------------------------------

TEST_F(Http2BackendTest, EndsAtEveryByteOfItsAnswer) {
  const auto whole = [](int s) {
    return headers(s, of_length("5")) + data(s, "he", 0) + data(s, "llo");
  };
  const std::size_t head_size = headers(1, of_length("5")).size();
  Http2Peer client(proxy_);
  for (const Then then : {Then::closes, Then::resets}) {
    for (std::size_t cut = 0; cut <= whole(1).size(); ++cut) {
      const Seen seen = cut < head_size         ? Seen::repeated
                        : cut < whole(1).size() ? Seen::broken
                                                : Seen::whole;
      const auto says = [whole, cut](int s) { return whole(s).substr(0, cut); };
      for (const std::string method : {"GET", "POST"}) {
        SCOPED_TRACE(fmt::format("{} bytes, {}, {}", cut, then == Then::closes ? "closed" : "reset",
                                 method));
        teach(says, then);
        check_http1(seen, method);
        teach(says, then);
        check_http2(client, seen, method);
        if (HasFailure()) return;
      }
    }
  }
}

TEST_F(Http2BackendTest, SaysItsAnswerAByteAtATime) {
  ScriptedBackend slow([](Peer& accepted) {
    Http2Peer peer(std::move(accepted));
    const int on = 1;
    setsockopt(peer.peer().fd(), IPPROTO_TCP, 1 /* TCP_NODELAY */, &on, sizeof on);
    while (const int stream = peer.next_request()) {
      for (const char byte : headers(stream, of_length("5")) + data(stream, "hello")) {
        if (!peer.send({&byte, 1})) return;
      }
    }
  });
  use(2, slow);
  Http2Peer client(proxy_);
  for (int i = 0; i < 20; ++i) ASSERT_EQ(client.answer(client.get()), "hello");
  proxy_.stop();  // so that `slow` has no connection more
}

// Else its connection would have each request that was cancelled meanwhile until the program ends.
TEST_F(Http2BackendTest, OneThatTakesNothingGetsOnlySoMuchOnAConnection) {
  std::promise<void> over;
  ScriptedBackend stuck([end = over.get_future().share()](Peer&) {
    EXPECT_EQ(end.wait_for(std::chrono::minutes(1)), std::future_status::ready);
  });
  use(2, stuck);
  const auto in_flight = [this] { return proxy_.count(2, &GenerationCounters::in_flight); };
  // What the kernel takes, a hundred of these fill.
  const std::string request =
      fmt::format("GET / HTTP/1.1\r\nHost: shop\r\nX: {}\r\n\r\n", std::string(60'000, 'x'));
  for (int i = 0; i < 1500 && stuck.accepted() < 2; ++i) {
    Peer client = proxy_.connect();
    ASSERT_TRUE(client.send(request));
    ASSERT_TRUE(ProxyHarness::eventually([&] { return in_flight() == 1; }));
    client.close();
    ASSERT_TRUE(ProxyHarness::eventually([&] { return in_flight() == 0; }));
  }
  EXPECT_EQ(stuck.accepted(), 2);
  over.set_value();
  proxy_.stop();  // so that `stuck` has no connection more
}

// Which protocol the program speaks, the plan says; a request may have come before it.
TEST(Http2Program, IsSpokenToInItsProtocolAlsoByWhatWaitedForIt) {
  ScriptedBackend backend([](Peer& accepted) {
    Http2Peer peer(std::move(accepted));
    while (const int stream = peer.next_request()) {
      if (!peer.send(good(stream, "hello"))) return;
    }
  });
  ProxyHarness proxy;
  Peer early = proxy.connect();
  early.send(get());
  ASSERT_TRUE(ProxyHarness::eventually([&] { return proxy.sum(&ServiceCounters::held) == 1; }));
  TrafficSpec traffic;
  traffic.backend = BackendProtocol::http2;
  proxy.use_plan({.version = PlanVersion{1},
                  .generations = {route(1, 100, proxy.port(), backend.address())},
                  .hold = {},
                  .traffic = traffic});
  EXPECT_EQ(early.read_head().substr(0, 12), "HTTP/1.1 200");
}

}  // namespace
}  // namespace livefix::proxy
