// What is said of requests, by the whole proxy.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "proxy/access_line.h"
#include "proxy/http2_peer.h"
#include "proxy/proxy_harness.h"

namespace livefix::proxy::testing {
namespace {

ProxySpec logging(ProxySpec settings = {}, AccessLogFormat format = AccessLogFormat::json) {
  settings.access_log = AccessLogSpec{"/not/used", format};
  return settings;
}

// A proxy that writes its log to a file of the test.
class LoggingProxy : public ProxyHarness {
 public:
  explicit LoggingProxy(const ProxySpec& settings = logging(), Limits limits = {})
      : ProxyHarness(1, settings, limits) {
    char name[] = "/tmp/livefix-access-XXXXXX";
    const os::Fd file(mkstemp(name));
    path_ = name;
    const os::Fd appending(::open(name, O_WRONLY | O_APPEND | O_CLOEXEC));
    const int fd = appending.get();
    tell(link::UseLog{}, {&fd, 1});
  }
  ~LoggingProxy() {
    stop();
    std::filesystem::remove(path_);
  }

  // Once there are `count`.
  std::vector<std::string> lines(std::size_t count) {
    std::vector<std::string> found;
    EXPECT_TRUE(eventually([&] {
      found.clear();
      std::ifstream file(path_);
      for (std::string line; std::getline(file, line);) found.push_back(line);
      return found.size() >= count;
    })) << "of "
        << count << " lines " << found.size() << " came";
    EXPECT_EQ(found.size(), count);
    found.resize(count);
    return found;
  }

 private:
  std::string path_;
};

bool has(const std::string& line, std::string_view part) {
  return line.find(part) != std::string::npos;
}

TEST(AccessLog, SaysNothingOfAPassToAPreview) {
  ScriptedBackend backend(always("hello"));
  LoggingProxy proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(
      "GET /a?livefix-preview=secret&b HTTP/1.1\r\nHost: shop\r\nLivefix-Preview: secret\r\n"
      "Cookie: livefix-preview=secret\r\n\r\n");
  client.read_message();
  const auto lines = proxy.lines(1);
  EXPECT_FALSE(has(lines[0], "secret")) << lines[0];
  EXPECT_TRUE(has(lines[0], R"(,"target":"/a?b",)")) << lines[0];
}

TEST(AccessLog, SaysOfEachRequestWhatItWas) {
  ScriptedBackend backend(always("hello"));
  LoggingProxy proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(
      "GET /a?b HTTP/1.1\r\nHost: Shop.test\r\nUser-Agent: me\r\nReferer: r\r\n"
      "X-Request-Id: one\r\nUser-Agent: other\r\n"
      "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n");
  EXPECT_TRUE(client.read_message().ends_with("hello"));
  client.send("POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx");
  client.read_message();
  const auto lines = proxy.lines(2);
  EXPECT_TRUE(has(lines[0], R"("client":"127.0.0.1","method":"GET",)")) << lines[0];
  EXPECT_TRUE(has(lines[0], R"(,"target":"/a?b","protocol":"HTTP/1.1","status":200,"bytes":5,)"));
  EXPECT_TRUE(has(lines[0], R"("first_byte_ms":)"));
  EXPECT_TRUE(has(
      lines[0],
      R"("generation":1,"id":"one","trace":"4bf92f3577b34da6a3ce929d0e0e4736","referer":"r",)"));
  EXPECT_TRUE(has(lines[0], R"("complete":true})"));
  EXPECT_FALSE(has(lines[0], "waited_ms"));
  EXPECT_TRUE(has(lines[1], R"("method":"POST","host":"","target":"/","protocol":"HTTP/1.0")"))
      << lines[1];
  EXPECT_FALSE(has(lines[1], "referer"));
}

TEST(AccessLog, WhatIsRefusedIsThere) {
  LoggingProxy proxy(logging(with({.fields = 2})));
  for (const char* request :
       {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
        "GET /f HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n\r\n", "\"\x01\xff\r\n\r\n"}) {
    Peer client = proxy.connect();
    client.send(request);
    client.read_message();
  }
  const auto lines = proxy.lines(4);
  EXPECT_TRUE(has(lines[0], R"("unreadable":"GET  / HTTP/1.1","status":400)")) << lines[0];
  EXPECT_TRUE(has(lines[1], R"("method":"CONNECT","host":"a:1")")) << lines[1];
  EXPECT_TRUE(has(lines[1], R"("status":501)"));
  EXPECT_TRUE(has(lines[2], R"("target":"/f","protocol":"HTTP/1.1","status":431)")) << lines[2];
  EXPECT_TRUE(has(lines[3], R"("unreadable":"\"\u0001\ufffd","status":400)")) << lines[3];
}

TEST(AccessLog, AHeadThatDoesNotComeIsThere) {
  LoggingProxy proxy(logging(with({.head_time = Milliseconds{30}})));
  Peer client = proxy.connect();
  client.send("GET /slow");
  client.read_message();
  EXPECT_TRUE(has(proxy.lines(1)[0], R"("unreadable":"GET /slow","status":408)"));
}

TEST(AccessLog, AClientThatLeavesBeforeItsAnswerIs499) {
  std::atomic<bool> got{false};
  ScriptedBackend backend([&](Peer& peer) {
    peer.read_head();
    got = true;
    peer.read_all();
  });
  LoggingProxy proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get("/left"));
  ASSERT_TRUE(ProxyHarness::eventually([&] { return got.load(); }));
  client.close();
  const auto line = proxy.lines(1)[0];
  EXPECT_TRUE(has(line, R"("target":"/left","protocol":"HTTP/1.1","status":499,"bytes":0,)"))
      << line;
  EXPECT_TRUE(has(line, R"("complete":false)"));
}

TEST(AccessLog, AnAnswerThatBreaksOffIsNotComplete) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 201 Made\r\nContent-Length: 10\r\n\r\nabc");
  });
  LoggingProxy proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get());
  client.read_all();
  const auto line = proxy.lines(1)[0];
  EXPECT_TRUE(has(line, R"("status":201,"bytes":3,)")) << line;
  EXPECT_TRUE(has(line, R"("complete":false)"));
}

TEST(AccessLog, WhatNobodyServedHasWaited) {
  LoggingProxy proxy;
  proxy.use({}, HoldPolicy{10, Milliseconds{60}});
  Peer client = proxy.connect();
  client.send(get());
  EXPECT_TRUE(client.read_message().starts_with("HTTP/1.1 503"));
  const auto line = proxy.lines(1)[0];
  EXPECT_TRUE(has(line, R"("status":503,)")) << line;
  EXPECT_TRUE(has(line, R"("waited_ms":)"));
  EXPECT_FALSE(has(line, "generation"));
}

TEST(AccessLog, ATunnelIsThereWhenItEnds) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send("HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n1234567");
    peer.read_all();
  });
  LoggingProxy proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("GET /chat HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n");
  client.read_until("1234567");
  client.shut_down_sending();
  client.read_all();
  const auto line = proxy.lines(1)[0];
  EXPECT_TRUE(has(line, R"("target":"/chat","protocol":"HTTP/1.1","status":101,"bytes":7,)"))
      << line;
}

TEST(AccessLog, TheClientIsWhoTrustedPeersSayItIs) {
  ScriptedBackend backend(always("x"));
  constexpr std::string_view kOld = "X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\n";
  constexpr std::string_view kNew =
      "Forwarded: for=6.6.6.6, for=\"[2001:db8::9]:80\";proto=http\r\n";
  ProxySpec trusting;
  trusting.trusted = {*Network::parse("127.0.0.0/8")};
  const auto client_of = [&](const std::string& fields, const ProxySpec& settings) {
    LoggingProxy proxy(logging(settings));
    proxy.use(backend);
    Peer client = proxy.connect();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n");
    client.read_message();
    const std::string line = proxy.lines(1)[0];
    const auto start = line.find(R"("client":")") + 10;
    return line.substr(start, line.find('"', start) - start);
  };
  const std::string both = std::string(kNew) + std::string(kOld);
  EXPECT_EQ(client_of(std::string(kOld), trusting), "203.0.113.9");
  EXPECT_EQ(client_of(std::string(kNew), trusting), "2001:db8::9");
  EXPECT_EQ(client_of(both, trusting), "203.0.113.9");
  EXPECT_EQ(client_of(both, {}), "127.0.0.1");
}

TEST(AccessLog, SaysWhichReleaseHasAnswered) {
  ScriptedBackend dying([](Peer& peer) { peer.read_head(); });
  ScriptedBackend good(always("x"));
  LoggingProxy proxy;
  GenerationRoute bad_one = route(1, 1'000'000, proxy.port(), dying.address());
  bad_one.label = "7f3c2d1";
  GenerationRoute good_one = route(2, 1, proxy.port(), good.address());
  good_one.label = "dev-2";
  proxy.use({bad_one, good_one});
  Peer client = proxy.connect();
  client.send(get());  // which the first has let down
  client.read_message();
  const auto line = proxy.lines(1)[0];
  EXPECT_TRUE(has(line, R"("generation":2,"release":"dev-2",)")) << line;
}

TEST(AccessLog, AConnectionOfAServiceOfBytesIsThereWhenItEnds) {
  ScriptedBackend backend([](Peer& peer) {
    peer.send("1234567");
    peer.read_all();
  });
  for (const bool served : {true, false}) {
    LoggingProxy proxy;
    RoutingPlan plan;
    plan.version = PlanVersion{1};
    plan.service = "mail";
    plan.hold = {10, Milliseconds{30}};
    plan.traffic.protocol = Protocol::tcp;
    if (served) plan.generations = {route(1, 100, proxy.port(), backend.address())};
    plan.ports = {proxy.port()};
    proxy.use_plan(plan);
    Peer client = proxy.connect();
    if (served) client.read(7);
    client.shut_down_sending();
    client.read_all();
    const auto line = proxy.lines(1)[0];
    EXPECT_TRUE(has(line, R"("client":"127.0.0.1","protocol":"TCP","bytes":)")) << line;
    EXPECT_TRUE(has(line, R"("service":"mail",)")) << line;
    EXPECT_EQ(has(line, R"("bytes":7,)"), served) << line;
    EXPECT_EQ(has(line, R"("complete":true})"), served) << line;
    EXPECT_NE(has(line, R"("waited_ms":)"), served) << line;
  }
}

TEST(AccessLog, ALongTargetIsCut) {
  ScriptedBackend backend(always("x"));
  LoggingProxy proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get("/" + std::string(60'000, 'a')));
  client.read_message();
  const auto line = proxy.lines(1)[0];
  EXPECT_TRUE(has(line, R"(aaa...","protocol")"));
  EXPECT_LT(line.size(), kMaxAccessLine);
}

TEST(AccessLog, RequestsByHttp2AreAsAnyOther) {
  ScriptedBackend backend(always("hello"));
  LoggingProxy proxy;
  proxy.use(backend);
  Http2Peer client(proxy);
  EXPECT_EQ(client.answer(client.get("/two")), "hello");
  const auto line = proxy.lines(1)[0];
  EXPECT_TRUE(has(line, R"("target":"/two","protocol":"HTTP/2.0","status":200,"bytes":5,)"))
      << line;
}

TEST(AccessLog, AnHttp2ClientThatVanishesHasLeft) {
  ScriptedBackend backend([](Peer& peer) {
    if (peer.read_head().starts_with("GET /begun")) {
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na");
    }
    peer.read_all();
  });
  LoggingProxy proxy(logging(with({.http2_ping = Milliseconds{30}})), {.pong = Milliseconds{30}});
  proxy.use(backend);
  Http2Peer client(proxy);
  const int begun = client.get("/begun");
  EXPECT_EQ(client.next(NGHTTP2_DATA, begun).payload, "a");
  client.get("/silent");
  EXPECT_TRUE(client.is_closed());
  const auto lines = proxy.lines(2);
  const bool in_order = has(lines[0], "/begun");
  const std::string& partial = lines[in_order ? 0 : 1];
  const std::string& nothing = lines[in_order ? 1 : 0];
  EXPECT_TRUE(has(partial, R"("target":"/begun","protocol":"HTTP/2.0","status":200)")) << partial;
  EXPECT_TRUE(has(partial, R"("complete":false})"));
  EXPECT_TRUE(has(nothing, R"("target":"/silent","protocol":"HTTP/2.0","status":499)")) << nothing;
  EXPECT_TRUE(has(nothing, R"("complete":false})"));
}

TEST(AccessLog, CombinedIsAChoice) {
  ScriptedBackend backend(always("hello"));
  LoggingProxy proxy(logging({}, AccessLogFormat::combined));
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\nUser-Agent: \"me\"\r\n\r\n");
  client.read_message();
  const auto line = proxy.lines(1)[0];
  EXPECT_TRUE(line.starts_with("127.0.0.1 - - [")) << line;
  EXPECT_TRUE(line.ends_with(R"(] "GET /\xC3\xA9 HTTP/1.1" 200 5 "-" "\x22me\x22")")) << line;
}

TEST(AccessLog, EverythingIsWrittenBeforeTheProxyHasDrained) {
  ScriptedBackend backend(always("x"));
  LoggingProxy proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get());
  client.read_message();
  proxy.tell(link::DrainProxy{});
  const auto told = proxy.next();
  ASSERT_TRUE(told && std::holds_alternative<link::ProxyDrained>(*told));
  proxy.lines(1);
}

TEST(AccessLog, AWebSocketThatWasSaidGoodbyeIsThere) {
  ScriptedBackend backend([](Peer& peer) {
    peer.read_head();
    peer.send(
        "HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Accept: x\r\n\r\n");
    peer.read_all();
  });
  LoggingProxy proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send("GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  client.read_head();
  proxy.use(std::vector<GenerationRoute>{});  // its generation is cut
  EXPECT_NE(client.read_all(), "");
  client.close();
  EXPECT_TRUE(has(proxy.lines(1)[0], R"("target":"/chat","protocol":"HTTP/1.1","status":101,)"));
}

TEST(AccessLog, RequestsThatTheProxyEndsAreThere) {
  std::atomic<bool> got{false};
  ScriptedBackend backend([&](Peer& peer) {
    peer.read_head();
    got = true;
    peer.read_all();
  });
  LoggingProxy proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(get());
  ASSERT_TRUE(ProxyHarness::eventually([&] { return got.load(); }));
  proxy.stop();
  EXPECT_TRUE(has(proxy.lines(1)[0], R"("status":444,)"));
}

TEST(AccessLog, AFullDiskIsTold) {
  ScriptedBackend backend(always("x"));
  LoggingProxy proxy;
  const os::Fd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  const int fd = full.get();
  proxy.tell(link::UseLog{}, {&fd, 1});
  proxy.use(backend);  // is answered, and in order
  Peer client = proxy.connect();
  client.send(get());
  client.read_message();
  const auto told = proxy.next();
  ASSERT_TRUE(told);
  const auto* trouble = std::get_if<link::LogTrouble>(&*told);
  ASSERT_TRUE(trouble);
  EXPECT_EQ(trouble->reason, "No space left on device");
}

}  // namespace
}  // namespace livefix::proxy::testing
