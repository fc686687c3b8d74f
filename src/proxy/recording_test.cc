// What of an exchange ends up in the ring that control reads.
#include <gtest/gtest.h>

#include "model/record_frame.h"
#include "proxy/proxy_harness.h"

namespace livefix::proxy {
namespace {

using namespace livefix::proxy::testing;

std::string answer(std::string_view status, std::string_view body) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body);
}

// Answers each request with `text`, and hangs up afterwards where it `ends`.
ScriptedBackend::Script says(std::string text, bool ends = false) {
  return [text = std::move(text), ends](Peer& peer) {
    while (!peer.read_message().empty()) {
      if (!peer.send(text) || ends) return;
    }
  };
}

class Recording : public ::testing::Test {
 protected:
  void use(const ScriptedBackend& backend, const RecordSpec& spec, const TrafficSpec& more = {}) {
    RoutingPlan plan;
    plan.version = PlanVersion{++version_};
    plan.service = "shop";
    plan.traffic = more;
    plan.traffic.record = spec;
    plan.ports = {proxy_.port()};
    plan.generations = {route(1, 1, proxy_.port(), backend.address())};
    plan.generations.front().label = "dev-1";
    proxy_.use_plan(plan);
  }
  // What the client of one request gets.
  std::string exchange(std::string_view request) {
    Peer client = proxy_.connect();
    client.send(request);
    return client.read_message();
  }
  // The next record, which is waited for.
  const RecordFrame& next() {
    frame_.reset();
    ProxyHarness::eventually([&] { return look(); });
    EXPECT_TRUE(frame_) << "nothing was recorded";
    if (!frame_) frame_ = RecordFrame{};
    return *frame_;
  }
  bool look() {
    auto bytes = reader_.next();
    if (!bytes) return false;
    reader_.done();
    bytes_ = std::move(*bytes);
    frame_ = decode_record(bytes_);
    return true;
  }

  ProxyHarness proxy_;
  RecordRingReader reader_{proxy_.record_ring()};
  std::string bytes_;
  std::optional<RecordFrame> frame_;
  std::uint64_t version_ = 0;
};

RecordSpec only_failures() {
  RecordSpec spec;
  spec.healthy = 0;
  return spec;
}

TEST_F(Recording, HasTheRequestAndTheAnswerOfAFailure) {
  ScriptedBackend backend(says(answer("500 Oh", "no rate")));
  use(backend, only_failures());
  EXPECT_NE(exchange(post("cart=1")).find("no rate"), std::string::npos);
  const RecordFrame& frame = next();
  EXPECT_EQ(frame.cause, RecordCause::status);
  EXPECT_EQ(frame.status, 500);
  EXPECT_EQ(frame.release, "dev-1");
  EXPECT_EQ(frame.generation, UnitId{1});
  EXPECT_TRUE(frame.request.starts_with("POST ")) << frame.request;
  EXPECT_TRUE(frame.request.ends_with("\r\n\r\ncart=1")) << frame.request;
  EXPECT_EQ(frame.answer, answer("500 Oh", "no rate"));
  EXPECT_FALSE(frame.request_cut || frame.answer_cut || frame.unfinished);
  EXPECT_GT(frame.time.count(), 0);
  std::uint64_t woken = 0;
  EXPECT_EQ(read(proxy_.record_wake().get(), &woken, sizeof woken), 8);
}

// While a candidate has no traffic: what it is to be asked as well.
class Mirroring : public Recording {
 protected:
  void mirror(const ScriptedBackend& backend, double share, bool to_candidate = false) {
    RoutingPlan plan;
    plan.version = PlanVersion{++version_};
    plan.service = "shop";
    plan.traffic.record = only_failures();
    plan.mirror = share;
    plan.generations = {route(1, 1, proxy_.port(), backend.address())};
    plan.generations.front().is_candidate = to_candidate;
    proxy_.use_plan(plan);
  }
};

TEST_F(Mirroring, HasWhatIsSafeWithItsAnswer) {
  ScriptedBackend backend(says(answer("200 OK", "fine")));
  mirror(backend, 1);
  exchange(post("x"));
  EXPECT_FALSE(look()) << "it may change something";
  exchange(get("/cart/7"));
  const RecordFrame& frame = next();
  EXPECT_TRUE(frame.mirrored);
  EXPECT_EQ(frame.cause, RecordCause::healthy);
  EXPECT_EQ(frame.status, 200);
  EXPECT_TRUE(frame.request.starts_with("GET /cart/7 HTTP/1.1\r\n")) << frame.request;
  EXPECT_EQ(frame.answer, answer("200 OK", "fine"));
}

TEST_F(Mirroring, AFailureIsRecordedAsEver) {
  ScriptedBackend backend(says(answer("500 Oh", "no rate")));
  mirror(backend, 1);
  exchange(get());
  EXPECT_FALSE(next().mirrored);
}

TEST_F(Mirroring, IsAShareOfThem) {
  ScriptedBackend backend(says(answer("200 OK", "fine")));
  mirror(backend, 0.5);
  Peer client = proxy_.connect();
  int mirrored = 0;
  // One in two, and never more than fifty a second: the clock may take some away.
  for (int i = 0; i < 200; ++i) {
    client.send(get());
    client.read_message();
    while (look()) ++mirrored;
  }
  EXPECT_GE(mirrored, 1);
  EXPECT_LE(mirrored, 100);
}

TEST_F(Mirroring, WhatTheCandidateAnsweredIsNotAskedOfItAgain) {
  ScriptedBackend backend(says(answer("200 OK", "fine")));
  mirror(backend, 1, true);
  exchange(get());
  mirror(backend, 0);
  exchange(get());
  EXPECT_FALSE(look());
}

TEST_F(Mirroring, ALongAnswerIsCut) {
  ScriptedBackend backend(says(answer("200 OK", std::string(100'000, 'a'))));
  mirror(backend, 1);
  EXPECT_GT(exchange(get()).size(), 100'000U) << "its user has all of it";
  const RecordFrame& frame = next();
  EXPECT_TRUE(frame.answer_cut);
  EXPECT_LT(frame.answer.size(), 70'000U);
}

TEST_F(Mirroring, LeavesRoomForFailures) {
  ScriptedBackend backend(says(answer("200 OK", "fine")));
  mirror(backend, 1);
  RecordRing& ring = proxy_.record_ring();
  ring.head.store(RecordRing::kBytes * 3 / 4);  // as if so much had not been read
  exchange(get());
  EXPECT_EQ(ring.head.load(), RecordRing::kBytes * 3 / 4);
  EXPECT_EQ(ring.dropped.load(), 0U) << "nobody misses it";
}

TEST_F(Recording, HasTheRouteThatWasCounted) {
  ScriptedBackend backend(says(answer("500 Oh", "")));
  TrafficSpec traffic;
  traffic.routes = {"/user/:name"};
  use(backend, only_failures(), traffic);
  exchange(get("/user/anna?page=2"));
  EXPECT_EQ(next().route, "/user/:name");
}

TEST_F(Recording, HasTheRouteAlsoWhereRoutesAreNotCounted) {
  ScriptedBackend backend(says(answer("500 Oh", "")));
  TrafficSpec traffic;
  traffic.count_routes = false;
  use(backend, only_failures(), traffic);
  exchange(get("/cart/17"));
  EXPECT_EQ(next().route, "/cart/:id");
}

TEST_F(Recording, PassesOverWhatGoesWell) {
  ScriptedBackend backend([](Peer& peer) {
    while (true) {
      const std::string request = peer.read_message();
      if (request.empty()) return;
      peer.send(request.starts_with("GET /fails") ? answer("503 Full", "") : ok("fine"));
    }
  });
  use(backend, only_failures());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(exchange(get()), ok("fine"));
  exchange(get("/fails"));
  EXPECT_TRUE(next().request.starts_with("GET /fails ")) << "and nothing came before it";
}

TEST_F(Recording, TakesASampleOfThese) {
  ScriptedBackend backend(always("fine"));
  RecordSpec spec;
  spec.healthy = 1;
  use(backend, spec);
  for (int i = 0; i < 20; ++i) exchange(get());
  EXPECT_EQ(next().cause, RecordCause::healthy);
  int more = 0;
  while (look()) ++more;
  EXPECT_LE(more, 10) << "at most one a second";
}

TEST_F(Recording, HoldsStatusesThatAreNamedForFailures) {
  ScriptedBackend backend(says(answer("409 Conflict", "taken")));
  RecordSpec spec = only_failures();
  spec.statuses = {404, 409};
  use(backend, spec);
  exchange(get());
  EXPECT_EQ(next().cause, RecordCause::status);
  EXPECT_EQ(frame_->status, 409);
}

TEST_F(Recording, IsOffWhereTheServiceWantsNone) {
  ScriptedBackend backend([](Peer& peer) {
    while (true) {
      const std::string request = peer.read_message();
      if (request.empty()) return;
      peer.send(answer("500 Oh", request.starts_with("GET /last") ? "last" : "other"));
    }
  });
  RecordSpec off = only_failures();
  off.failures = false;
  use(backend, off);
  exchange(get("/first"));
  RecordSpec without_memory;
  without_memory.memory = 0;
  use(backend, without_memory);
  exchange(get("/second"));
  use(backend, only_failures());
  exchange(get("/last"));
  EXPECT_TRUE(next().request.starts_with("GET /last "));
}

TEST_F(Recording, KeepsSoMuchOfABody) {
  ScriptedBackend backend(says(answer("500 Oh", std::string(100'000, 'a'))));
  RecordSpec spec = only_failures();
  spec.body = 1000;
  use(backend, spec);
  exchange(post(std::string(5000, 'q')));
  const RecordFrame& frame = next();
  EXPECT_TRUE(frame.request_cut && frame.answer_cut);
  EXPECT_EQ(frame.request_bytes, 5000U);
  EXPECT_EQ(frame.answer_bytes, 100'000U);
  EXPECT_TRUE(frame.request.ends_with("\r\n\r\n" + std::string(1000, 'q')));
  EXPECT_TRUE(frame.answer.ends_with("\r\n\r\n" + std::string(1000, 'a')));
}

TEST_F(Recording, HasTheBeginningOfARequestThatIsTooLargeToBeKept) {
  ScriptedBackend backend(says(answer("500 Oh", "")));
  TrafficSpec traffic;
  traffic.keep_request = 20'000;
  use(backend, only_failures(), traffic);
  exchange(post(std::string(1 << 20, 'q')));
  const RecordFrame& frame = next();
  EXPECT_TRUE(frame.request_cut);
  EXPECT_EQ(frame.request_bytes, 1U << 20);
  EXPECT_TRUE(frame.request.starts_with("POST "));
  EXPECT_GT(frame.request.size(), 8000U);
  EXPECT_LT(frame.request.size(), 100'000U);
}

TEST_F(Recording, HasThoseThatGotNoAnswer) {
  ScriptedBackend closes([](Peer& peer) { peer.read_message(); });
  use(closes, only_failures());
  EXPECT_TRUE(exchange(post("lost")).starts_with("HTTP/1.1 502"));
  EXPECT_EQ(next().cause, RecordCause::backend_closed);
  EXPECT_EQ(frame_->status, 502);
  EXPECT_NE(frame_->detail.find("ended before it answered"), std::string::npos);
  EXPECT_TRUE(frame_->request.ends_with("lost"));
  EXPECT_EQ(frame_->answer, "");
  EXPECT_EQ(frame_->release, "dev-1");

  ScriptedBackend babbles(says("SSH-2.0\r\n\r\n", true));
  use(babbles, only_failures());
  EXPECT_TRUE(exchange(get()).starts_with("HTTP/1.1 502"));
  EXPECT_EQ(next().cause, RecordCause::not_http);

  ScriptedBackend sleeps([](Peer& peer) {
    peer.read_message();
    peer.is_closed();
  });
  TrafficSpec traffic;
  traffic.limits.answer = Milliseconds{50};
  use(sleeps, only_failures(), traffic);
  EXPECT_TRUE(exchange(get("/slow")).starts_with("HTTP/1.1 504"));
  EXPECT_EQ(next().cause, RecordCause::timed_out);
  EXPECT_TRUE(frame_->request.starts_with("GET /slow "));
}

TEST_F(Recording, HasAnAnswerThatIsBrokenOff) {
  ScriptedBackend backend(says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", true));
  use(backend, only_failures());
  exchange(get("/half"));
  const RecordFrame& frame = next();
  EXPECT_EQ(frame.cause, RecordCause::broken_off);
  EXPECT_EQ(frame.status, 200);
  EXPECT_EQ(frame.counted_status, 502);
  EXPECT_TRUE(frame.unfinished);
  EXPECT_TRUE(frame.request.starts_with("GET /half ")) << "though its answer had begun";
  EXPECT_NE(frame.detail.find("before the end of its answer"), std::string::npos);
}

TEST_F(Recording, HasAFailureWhoseClientLeft) {
  ScriptedBackend backend(says("HTTP/1.1 500 Oh\r\nContent-Length: 100\r\n\r\nhalf"));
  use(backend, only_failures());
  Peer client = proxy_.connect();
  client.send(get());
  client.read_until("half");
  client.close();
  EXPECT_EQ(next().status, 500);
  EXPECT_TRUE(frame_->unfinished);
}

TEST_F(Recording, DropsAndCountsWhatFindsNoRoom) {
  ScriptedBackend backend(says(answer("500 Oh", std::string(60'000, 'a'))));
  use(backend, only_failures());
  Peer client = proxy_.connect();
  const int many = 3 * static_cast<int>(RecordRing::kBytes) / 60'000;
  for (int i = 0; i < many; ++i) {
    client.send(get());
    ASSERT_TRUE(client.read_message().starts_with("HTTP/1.1 500"));
  }
  int there = 0;
  ProxyHarness::eventually([&] {
    while (look()) ++there;
    return there + static_cast<int>(reader_.dropped()) == many;
  });
  EXPECT_GT(there, 5);
  EXPECT_EQ(there + static_cast<int>(reader_.dropped()), many);
}

}  // namespace
}  // namespace livefix::proxy
