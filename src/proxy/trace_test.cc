// Traces of requests on their way: what programs get of the client's, and what is made where it
// sends none that is valid.
#include <gtest/gtest.h>

#include <mutex>

#include "http/trace_context.h"
#include "model/record_frame.h"
#include "model/record_ring.h"
#include "proxy/http2_peer.h"

namespace livefix::proxy {
namespace {

using namespace livefix::proxy::testing;

constexpr std::string_view kTheirs = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

// The values of a field, as a head of HTTP/1.1 has them.
std::vector<std::string> values_of(std::string_view name, std::string_view head) {
  std::vector<std::string> values;
  const std::string start = fmt::format("\r\n{}: ", name);
  for (auto at = head.find(start); at != std::string_view::npos; at = head.find(start, at + 1)) {
    const auto value = head.substr(at + start.size());
    values.emplace_back(value.substr(0, value.find("\r\n")));
  }
  return values;
}

// Answers with the head that it was sent.
ScriptedBackend::Script echoing() {
  return [](Peer& peer) {
    for (std::string head = peer.read_head(); !head.empty(); head = peer.read_head()) {
      if (!peer.send(ok(head))) return;
    }
  };
}

std::string request_with(const std::vector<std::string>& lines) {
  std::string request = "GET / HTTP/1.1\r\nHost: shop\r\n";
  for (const std::string& line : lines) request += line + "\r\n";
  return request + "\r\n";
}

std::string seen_by_program(const std::vector<std::string>& lines, const ProxySpec& settings = {}) {
  ScriptedBackend backend(echoing());
  ProxyHarness proxy(1, settings);
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(request_with(lines));
  return client.read_message();
}

// The one traceparent, which has to be valid and not the client's.
http::TraceContext made_in(const std::string& head, std::string& keeps) {
  const auto values = values_of("traceparent", head);
  EXPECT_EQ(values.size(), 1U) << head;
  if (values.size() != 1) return {};
  keeps = values.front();
  const auto trace = http::parse_traceparent(keeps);
  EXPECT_TRUE(trace) << keeps;
  EXPECT_NE(keeps, kTheirs);
  return trace.value_or(http::TraceContext{});
}

TEST(Traces, OfClientsArePassedOnAsTheyAre) {
  const std::string head = seen_by_program(
      {fmt::format("Traceparent: {}", kTheirs), "tracestate: a=1,b=2", "TraceState: c=3"});
  EXPECT_EQ(values_of("Traceparent", head), std::vector<std::string>{std::string(kTheirs)});
  EXPECT_TRUE(values_of("traceparent", head).empty()) << "and none of our own";
  EXPECT_EQ(values_of("tracestate", head), std::vector<std::string>{"a=1,b=2"});
  EXPECT_EQ(values_of("TraceState", head), std::vector<std::string>{"c=3"});
}

TEST(Traces, AConnectionHasNoSayInThem) {
  const std::string head = seen_by_program(
      {fmt::format("traceparent: {}", kTheirs), "tracestate: a=1", "Connection: traceparent"});
  EXPECT_EQ(values_of("traceparent", head), std::vector<std::string>{std::string(kTheirs)});
  EXPECT_EQ(values_of("tracestate", head), std::vector<std::string>{"a=1"});
}

TEST(Traces, BeginHereWhereTheClientHasNone) {
  std::string text;
  const std::string head = seen_by_program({"tracestate: a=1"});
  const auto trace = made_in(head, text);
  EXPECT_TRUE(values_of("tracestate", head).empty()) << "it belongs to a trace that is not there";
  EXPECT_EQ(values_of("X-Request-Id", head), std::vector<std::string>{std::string(trace.trace_id)})
      << "one id finds both";
}

TEST(Traces, BeginHereWhereTheClientsIsMalformed) {
  const std::string theirs = fmt::format("traceparent: {}", kTheirs);
  for (const std::vector<std::string>& lines :
       std::vector<std::vector<std::string>>{{theirs + "-"},
                                             {"traceparent: hello"},
                                             {"traceparent:"},
                                             {theirs + ", " + std::string(kTheirs)},
                                             {theirs, theirs},
                                             {"traceparent:", theirs},
                                             {theirs, "traceparent: hello"}}) {
    std::vector<std::string> all = lines;
    all.emplace_back("tracestate: a=1");
    std::string text;
    const std::string head = seen_by_program(all);
    made_in(head, text);
    EXPECT_TRUE(values_of("tracestate", head).empty()) << head;
  }
}

TEST(Traces, KeepTheRequestsIdOfTheClientBesideThem) {
  std::string text;
  const std::string head = seen_by_program({"X-Request-Id: theirs"});
  made_in(head, text);
  EXPECT_EQ(values_of("X-Request-Id", head), std::vector<std::string>{"theirs"});
}

TEST(Traces, AreLeftAloneWhenSwitchedOff) {
  ProxySpec settings;
  settings.traceparent = false;
  const std::string none = seen_by_program({"tracestate: a=1"}, settings);
  EXPECT_TRUE(values_of("traceparent", none).empty());
  EXPECT_EQ(values_of("tracestate", none), std::vector<std::string>{"a=1"});
  const std::string bad = seen_by_program({"traceparent: hello"}, settings);
  EXPECT_EQ(values_of("traceparent", bad), std::vector<std::string>{"hello"});
}

TEST(Traces, OfHttp2ClientsAreTheSame) {
  ScriptedBackend backend(echoing());
  ProxyHarness proxy;
  proxy.use(backend);
  Http2Peer client(proxy);
  const std::string given = client.answer(
      client.ask(Http2Peer::kWhole, head("GET", "/") + field("traceparent", kTheirs) +
                                        field("tracestate", "a=1") + field("tracestate", "b=2")));
  EXPECT_EQ(values_of("traceparent", given), std::vector<std::string>{std::string(kTheirs)});
  EXPECT_EQ(values_of("tracestate", given), (std::vector<std::string>{"a=1", "b=2"}));
  std::string first;
  std::string second;
  made_in(client.answer(client.get()), first);
  made_in(client.answer(client.get()), second);
  EXPECT_NE(first, second);
}

// "name=value" lines of the first head that comes.
std::string fields_of(Http2Peer& peer) {
  Frame frame = peer.read();
  while (frame.type >= 0 && frame.type != NGHTTP2_HEADERS) frame = peer.read();
  nghttp2_hd_inflater* inflater = nullptr;
  nghttp2_hd_inflate_new(&inflater);
  const auto* at = reinterpret_cast<const std::uint8_t*>(frame.payload.data());
  std::size_t left = frame.payload.size();
  std::string text = "\r\n";
  for (int flags = 0; !(flags & NGHTTP2_HD_INFLATE_FINAL);) {
    nghttp2_nv one{};
    const auto taken = nghttp2_hd_inflate_hd2(inflater, &one, &flags, at, left, 1);
    if (taken < 0) break;
    at += taken;
    left -= static_cast<std::size_t>(taken);
    if (!(flags & NGHTTP2_HD_INFLATE_EMIT)) continue;
    text += fmt::format("{}: {}\r\n",
                        std::string_view(reinterpret_cast<const char*>(one.name), one.namelen),
                        std::string_view(reinterpret_cast<const char*>(one.value), one.valuelen));
  }
  nghttp2_hd_inflate_del(inflater);
  return text;
}

TEST(Traces, GoToProgramsThatSpeakHttp2) {
  std::mutex mutex;
  std::vector<std::string> seen;
  ScriptedBackend backend([&](Peer& accepted) {
    Http2Peer peer(std::move(accepted));
    const std::string fields = fields_of(peer);
    const std::lock_guard lock(mutex);
    seen.push_back(fields);
  });  // and hangs up: each request has a connection of its own
  ProxyHarness proxy;
  TrafficSpec traffic;
  traffic.backend = BackendProtocol::http2;
  proxy.use_plan({.version = PlanVersion{1},
                  .generations = {route(1, 100, proxy.port(), backend.address())},
                  .hold = {},
                  .traffic = traffic});
  const std::string post = "POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n";
  for (const std::string& line : {fmt::format("traceparent: {}\r\n", kTheirs), std::string()}) {
    Peer client = proxy.connect();
    client.send(post + line + "\r\n");
    client.read_message();
  }
  const std::lock_guard lock(mutex);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(values_of("traceparent", seen[0]), std::vector<std::string>{std::string(kTheirs)});
  std::string text;
  made_in(seen[1], text);
}

TEST(Traces, AreRecordedWithWhoBeganThem) {
  ScriptedBackend backend([](Peer& peer) {
    while (!peer.read_head().empty()) {
      peer.send("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n");
    }
  });
  ProxyHarness proxy;
  proxy.use(backend);
  RecordRingReader reader(proxy.record_ring());
  Peer client = proxy.connect();
  for (const bool given : {true, false}) {
    client.send(request_with(given ? std::vector{fmt::format("traceparent: {}", kTheirs)}
                                   : std::vector<std::string>{}));
    client.read_message();
    std::optional<std::string> bytes;
    ProxyHarness::eventually([&] { return (bytes = reader.next()).has_value(); });
    ASSERT_TRUE(bytes);
    const auto frame = decode_record(*bytes);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->trace_begins, !given);
    EXPECT_EQ(values_of("traceparent", frame->request).size(), 1U);
    reader.done();
  }
}

}  // namespace
}  // namespace livefix::proxy
