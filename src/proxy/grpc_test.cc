// gRPC through the proxy: what its clients are told by livefix itself, and what is not cut.
#include <gtest/gtest.h>

#include "model/grpc_status.h"
#include "model/record_frame.h"
#include "model/record_ring.h"
#include "proxy/http2_peer.h"

namespace livefix::proxy {
namespace {

using namespace livefix::proxy::testing;

constexpr int kWholeHead = NGHTTP2_FLAG_END_HEADERS;

std::string call(std::string_view type = "application/grpc") {
  return head("POST", "/shop.Shop/Buy") + field("content-type", type) + field("te", "trailers");
}

// A program with an answer of HTTP/2 for each request, once the request has ended.
ScriptedBackend::Script program(const std::string& fields) {
  return [fields](Peer& accepted) {
    Http2Peer peer(std::move(accepted));
    while (const int stream = peer.next_request()) {
      if (!peer.send(frame(NGHTTP2_HEADERS, Http2Peer::kWhole, stream, fields))) return;
    }
  };
}

RoutingPlan plan(ProxyHarness& proxy, const Address& backend, const TrafficSpec& traffic) {
  return {.version = PlanVersion{1},
          .generations = {route(1, 100, proxy.port(), backend)},
          .hold = {.max_requests = 10, .max_wait = Milliseconds{30}},
          .traffic = traffic};
}

// A client with one call after the other, and the fields of the heads that it gets.
class Client {
 public:
  explicit Client(const ProxyHarness& proxy) : peer_(proxy) { nghttp2_hd_inflate_new(&inflater_); }
  ~Client() { nghttp2_hd_inflate_del(inflater_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Http2Peer& peer() { return peer_; }
  // A whole request, and all that its answer's first head says.
  std::string ask(std::string_view block) { return read(peer_.ask(Http2Peer::kWhole, block)); }
  // Each head that comes has to be read, in order: it may refer to the ones before.
  std::string read(int stream) {
    const Frame frame = peer_.next(NGHTTP2_HEADERS, stream);
    const auto* at = reinterpret_cast<const std::uint8_t*>(frame.payload.data());
    std::size_t left = frame.payload.size();
    std::string text;
    for (int flags = 0; !(flags & NGHTTP2_HD_INFLATE_FINAL);) {
      nghttp2_nv field{};
      const auto taken = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, at, left, 1);
      if (taken < 0) return "malformed";
      at += taken;
      left -= static_cast<std::size_t>(taken);
      if (!(flags & NGHTTP2_HD_INFLATE_EMIT)) continue;
      text += fmt::format("{}={}\n",
                          std::string_view(reinterpret_cast<char*>(field.name), field.namelen),
                          std::string_view(reinterpret_cast<char*>(field.value), field.valuelen));
    }
    nghttp2_hd_inflate_end_headers(inflater_);
    return text + (frame.flags & NGHTTP2_FLAG_END_STREAM ? "end\n" : "");
  }

 private:
  Http2Peer peer_;
  nghttp2_hd_inflater* inflater_ = nullptr;
};

bool has(const std::string& fields, std::string_view field) {
  return fields.find(field) != std::string::npos;
}

// An answer that is only a head, with that code.
bool says(const std::string& fields, std::string_view code) {
  return fields.starts_with(":status=200\n") && fields.ends_with("\nend\n") &&
         has(fields, "\ncontent-type=application/grpc\n") &&
         has(fields, fmt::format("\ngrpc-status={}\n", code)) &&
         has(fields, "\ngrpc-message=livefix: ");
}

TEST(Grpc, IsToldInItsOwnWordsWhatLivefixAnswers) {
  ProxyHarness proxy;
  proxy.use_plan(plan(proxy, Address::ipv4(127, 0, 0, 1, 1), {}));  // where nobody listens
  Client client(proxy);
  const std::string shed = client.ask(call());
  EXPECT_TRUE(says(shed, "14")) << shed;
}

TEST(Grpc, IsToldOfAProgramThatTakesTooLong) {
  ScriptedBackend backend([](Peer& peer) { peer.read_all(); });
  ProxyHarness proxy;
  TrafficSpec traffic;
  traffic.limits.answer = Milliseconds{30};
  proxy.use_plan(plan(proxy, backend.address(), traffic));
  Client client(proxy);
  const std::string late = client.ask(call());
  EXPECT_TRUE(says(late, "4")) << late;
}

TEST(Grpc, OthersAreToldByAStatus) {
  ProxyHarness proxy;
  proxy.use_plan(plan(proxy, Address::ipv4(127, 0, 0, 1, 1), {}));
  Client client(proxy);
  for (const char* type : {"application/json", "application/grpc-web+proto"}) {
    const std::string shed = client.ask(call(type));
    EXPECT_TRUE(shed.starts_with(":status=503\n")) << shed;
    EXPECT_FALSE(has(shed, "grpc-status")) << shed;
  }
}

// gRPC-Web needs no HTTP/2, and programs that serve it have none, mostly.
TEST(Grpc, ThatOfBrowsersGoesToTheProgramByHttp1) {
  ScriptedBackend backend(always("web"));
  ProxyHarness proxy;
  proxy.use(backend);
  Http2Peer client(proxy);
  const int stream = client.ask(Http2Peer::kWhole, call("application/grpc-web+proto"));
  EXPECT_EQ(client.answer(stream), "web");
}

// A stream that is cut is not reset: its client is told in order that it may call again.
TEST(Grpc, AStreamThatIsCutHasAnEnd) {
  ScriptedBackend backend([](Peer& accepted) {
    Http2Peer peer(std::move(accepted));
    const int stream = peer.next(NGHTTP2_HEADERS, 1).stream;
    peer.send(frame(NGHTTP2_HEADERS, kWholeHead, stream, field(":status", "200")) +
              frame(NGHTTP2_DATA, 0, stream, "first"));
    peer.peer().read_all();
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Client client(proxy);
  const int stream = client.peer().ask(kWholeHead, call());
  EXPECT_TRUE(client.read(stream).starts_with(":status=200\n"));
  EXPECT_EQ(client.peer().next(NGHTTP2_DATA, stream).payload, "first");
  proxy.use(std::vector<GenerationRoute>{});
  const std::string end = client.read(stream);
  EXPECT_TRUE(has(end, "grpc-status=14\n")) << end;
  EXPECT_TRUE(end.ends_with("\nend\n")) << end;
  EXPECT_EQ(proxy.count(1, &GenerationCounters::lost), 1U);
}

TEST(Grpc, AProgramThatEndsInsideItsAnswerIsTold) {
  ScriptedBackend backend([](Peer& accepted) {
    Http2Peer peer(std::move(accepted));
    const int stream = peer.next(NGHTTP2_HEADERS, 1).stream;
    peer.send(frame(NGHTTP2_HEADERS, kWholeHead, stream, field(":status", "200")) +
              frame(NGHTTP2_DATA, 0, stream, "first"));
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Client client(proxy);
  const int stream = client.peer().ask(kWholeHead, call());
  EXPECT_TRUE(client.read(stream).starts_with(":status=200\n"));
  const std::string end = client.read(stream);
  EXPECT_TRUE(has(end, "grpc-status=14\n")) << end;
}

TEST(Grpc, ASampleThatIsCutEndsWithItsCall) {
  ScriptedBackend backend([](Peer& accepted) {
    Http2Peer peer(std::move(accepted));
    const int stream = peer.next(NGHTTP2_HEADERS, 1).stream;
    peer.send(frame(NGHTTP2_HEADERS, kWholeHead, stream, field(":status", "200")) +
              frame(NGHTTP2_DATA, 0, stream, "first"));
  });
  ProxyHarness proxy;
  TrafficSpec traffic;
  traffic.record.failures = false;
  traffic.record.healthy = 1;
  proxy.use_plan(plan(proxy, backend.address(), traffic));
  Client client(proxy);
  const int stream = client.peer().ask(kWholeHead, call());
  EXPECT_TRUE(client.read(stream).starts_with(":status=200\n"));
  EXPECT_TRUE(has(client.read(stream), "grpc-status=14\n"));
  RecordRingReader records(proxy.record_ring());
  std::optional<std::string> bytes;
  ASSERT_TRUE(ProxyHarness::eventually([&] { return (bytes = records.next()).has_value(); }));
  const auto record = decode_record(*bytes);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->cause, RecordCause::healthy);
  EXPECT_TRUE(record->unfinished);
}

// A program of gRPC whose answers are a head, a message, and how they end, one after the other.
ScriptedBackend::Script ends_with(std::vector<std::string> ends) {
  return [ends = std::move(ends)](Peer& accepted) {
    Http2Peer peer(std::move(accepted));
    const std::string head =
        field(":status", "200") + field("content-type", "application/grpc+proto");
    for (const std::string& trailers : ends) {
      const int stream = peer.next_request();
      peer.send(frame(NGHTTP2_HEADERS, kWholeHead, stream, head) +
                frame(NGHTTP2_DATA, 0, stream, "message"));
      peer.send(frame(NGHTTP2_HEADERS, Http2Peer::kWhole, stream, trailers));
    }
    peer.peer().read_all();
  };
}

// Calls of one client, and what is counted and recorded of them.
class GrpcEnds : public ::testing::Test {
 protected:
  void call_of(ScriptedBackend::Script script) {
    use(std::move(script));
    ask();
  }
  void ask() { answer_ = client_->peer().answer(client_->peer().ask(Http2Peer::kWhole, call())); }
  void use(ScriptedBackend::Script script, TrafficSpec traffic = {}) {
    backend_.emplace(std::move(script));
    traffic.record.healthy = 0;
    proxy_.use_plan(plan(proxy_, backend_->address(), traffic));
    client_.emplace(proxy_);
  }
  std::uint64_t answered() { return proxy_.count(1, &GenerationCounters::answered); }
  std::uint64_t failed() { return proxy_.count(1, &GenerationCounters::failed); }
  std::uint64_t of_status(int status) {
    std::uint64_t sum = 0;
    for (const RouteRow& row : proxy_.stats().workers[0].routes.rows) {
      for (std::size_t i = 0; i < kRouteStatuses; ++i) {
        if (row.counts.statuses[i] == status) sum += row.counts.by_status[i];
      }
    }
    return sum;
  }
  std::optional<RecordFrame> record() {
    ProxyHarness::eventually([this] { return is_recorded(); });
    return decode_record(bytes_);
  }
  bool is_recorded() {
    RecordRingReader records(proxy_.record_ring());
    const auto bytes = records.next();
    if (bytes) bytes_ = *bytes;
    return bytes.has_value();
  }

  std::optional<ScriptedBackend> backend_;
  ProxyHarness proxy_;
  std::optional<Client> client_;
  std::string answer_;
  std::string bytes_;
};

TEST_F(GrpcEnds, AFailureInTheTrailersCountsAsOneOfTheProgram) {
  call_of(ends_with({field("grpc-status", "13") + field("grpc-message", "no%20rate")}));
  EXPECT_EQ(answer_, "message");
  ASSERT_TRUE(ProxyHarness::eventually([&] { return answered() == 1; }));
  EXPECT_EQ(failed(), 1U);
  EXPECT_EQ(proxy_.count(1, &GenerationCounters::lost), 0U);
  const auto frame = record();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->cause, RecordCause::grpc);
  EXPECT_EQ(frame->status, status_of_grpc_failure(13));
  EXPECT_EQ(frame->counted_status, status_of_grpc_failure(13));
  EXPECT_EQ(frame->detail, "the program ended the call with INTERNAL: no rate");
  EXPECT_FALSE(frame->unfinished);
  EXPECT_TRUE(frame->request.starts_with("POST /shop.Shop/Buy HTTP/1.1\r\n")) << frame->request;
}

TEST_F(GrpcEnds, AnAnswerThatIsOnlyAHeadSaysSoThere) {
  call_of(program(field(":status", "200") + field("content-type", "application/grpc") +
                  field("grpc-status", "14")));
  ASSERT_TRUE(ProxyHarness::eventually([&] { return failed() == 1; }));
  const auto frame = record();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->cause, RecordCause::grpc);
  EXPECT_EQ(frame->status, status_of_grpc_failure(14));
}

TEST_F(GrpcEnds, OneThatDoesNotSayHowItEndedHasFailed) {
  call_of(ends_with({field("other", "1")}));
  ASSERT_TRUE(ProxyHarness::eventually([&] { return failed() == 1; }));
  const auto frame = record();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->status, status_of_grpc_failure(2));
  EXPECT_EQ(frame->detail, "the program ended its answer without a grpc-status");
}

TEST_F(GrpcEnds, WhatTheClientDidWrongIsAnAnswer) {
  std::vector<std::string> ends;
  for (const char* code : {"0", "1", "3", "5", "16"}) ends.push_back(field("grpc-status", code));
  use(ends_with(ends));
  for (int i = 0; i < 5; ++i) {
    ask();
    EXPECT_EQ(answer_, "message");
  }
  ASSERT_TRUE(ProxyHarness::eventually([&] { return answered() == 5; }));
  EXPECT_EQ(failed(), 0U);
  EXPECT_FALSE(is_recorded());
}

TEST_F(GrpcEnds, ItsRouteCountsTheCode) {
  call_of(ends_with({field("grpc-status", "13")}));
  EXPECT_TRUE(ProxyHarness::eventually([&] { return of_status(status_of_grpc_failure(13)) == 1; }));
  EXPECT_EQ(of_status(200), 0U);
}

// At its deadline, say. What the program would have answered nobody knows.
TEST_F(GrpcEnds, ACallThatItsClientCancelsIsNoFailure) {
  use([](Peer& accepted) {
    Http2Peer peer(std::move(accepted));
    const int stream = peer.next_request();
    peer.send(frame(NGHTTP2_HEADERS, kWholeHead, stream,
                    field(":status", "200") + field("content-type", "application/grpc")) +
              frame(NGHTTP2_DATA, 0, stream, "message"));
    peer.next(NGHTTP2_RST_STREAM, stream);
    peer.peer().read_all();
  });
  const int stream = client_->peer().ask(Http2Peer::kWhole, call());
  client_->peer().next(NGHTTP2_DATA, stream);
  client_->peer().send(frame(NGHTTP2_RST_STREAM, 0, stream, big_endian(NGHTTP2_CANCEL, 4)));
  ASSERT_TRUE(ProxyHarness::eventually(
      [&] { return proxy_.count(1, &GenerationCounters::in_flight) == 0; }));
  EXPECT_EQ(failed() + proxy_.count(1, &GenerationCounters::lost), 0U);
  EXPECT_FALSE(is_recorded());
}

// It is looked at for calls only: any program may have a trailer of that name.
TEST_F(GrpcEnds, OthersAreJudgedByTheirStatus) {
  TrafficSpec traffic;
  traffic.backend = BackendProtocol::http2;
  use(ends_with({field("grpc-status", "13")}), traffic);
  client_->peer().answer(client_->peer().ask(Http2Peer::kWhole, call("application/json")));
  ASSERT_TRUE(ProxyHarness::eventually([&] { return answered() == 1; }));
  EXPECT_EQ(failed(), 0U);
}

// A stream may be silent as long as it likes, also before the first message of the answer.
TEST(Grpc, ACallHasItsOwnDeadlines) {
  ScriptedBackend backend(program(field(":status", "200") + field("grpc-status", "0")));
  ProxyHarness proxy(1, with({.body_time = Milliseconds{30}}));
  TrafficSpec traffic;
  traffic.backend = BackendProtocol::http2;
  proxy.use_plan(plan(proxy, backend.address(), traffic));
  Client client(proxy);
  const int silent = client.peer().ask(kWholeHead, call());
  const int upload = client.peer().ask(kWholeHead, head("POST", "/upload"));
  EXPECT_TRUE(client.read(upload).starts_with(":status=408\n"));
  client.peer().send(frame(NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, silent));
  const std::string answer = client.read(silent);
  EXPECT_TRUE(has(answer, "\ngrpc-status=0\n")) << answer;
}

}  // namespace
}  // namespace livefix::proxy
