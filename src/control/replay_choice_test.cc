#include "control/replay_choice.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace livefix::control {
namespace {

using Records = std::vector<observe::ExchangeRecord>;

observe::ExchangeRecord record_of(std::uint64_t id, std::string_view line,
                                  RecordCause cause = RecordCause::status) {
  RecordFrame frame;
  frame.cause = cause;
  const std::string request = fmt::format("{} HTTP/1.1\r\nHost: a\r\n\r\n", line);
  frame.request = request;
  return observe::parse_exchange(id, frame);
}

std::vector<std::uint64_t> ids_of(const Records& records) {
  std::vector<std::uint64_t> ids;
  for (const auto& record : records) ids.push_back(record.id);
  return ids;
}

TEST(ReplayChoice, TakesFiveOfARouteAndFiftyInAll) {
  Records storm;
  for (std::uint64_t i = 0; i < 20; ++i)
    storm.push_back(record_of(100 - i, fmt::format("GET /cart/{}", i)));
  storm.push_back(record_of(3, "GET /other"));
  EXPECT_EQ(ids_of(failures_to_replay(storm, {})),
            (std::vector<std::uint64_t>{100, 99, 98, 97, 96, 3}));
  Records many;
  for (std::uint64_t i = 0; i < 99; ++i)
    many.push_back(record_of(i, fmt::format("GET /r{}x", static_cast<char>('a' + i % 26)) +
                                    std::string(i / 26 + 1, 'y')));
  EXPECT_EQ(failures_to_replay(many, {}).size(), 50U);
}

TEST(ReplayChoice, IsForServicesWhoseRequestsAreRecordedInHttp) {
  ServiceSpec service;
  EXPECT_TRUE(replays_at_rollout(service));
  service.rollout.replay = false;
  EXPECT_FALSE(replays_at_rollout(service));
  service.rollout.replay = true;
  service.traffic.record.memory = 0;
  EXPECT_FALSE(replays_at_rollout(service));
  service.traffic.record.memory = 1 << 20;
  service.traffic.backend = BackendProtocol::http2;
  EXPECT_FALSE(replays_at_rollout(service));
}

TEST(ReplayChoice, SpreadsSamplesOverRoutes) {
  Records newest;
  for (std::uint64_t i = 0; i < 200; ++i) newest.push_back(record_of(1'000 - i, "GET /busy"));
  newest.push_back(record_of(2, "GET /rare"));
  newest.push_back(record_of(1, "HEAD /rare"));
  const auto chosen = ids_of(samples_to_replay(newest, {}));
  ASSERT_EQ(chosen.size(), 100U);
  EXPECT_EQ(chosen[0], 1'000U);
  EXPECT_EQ(chosen[1], 2U);
  EXPECT_EQ(chosen[2], 1U);
  EXPECT_EQ(chosen[3], 999U);
}

TEST(ReplayChoice, LeavesOutWhatMayNotBeSentAgain) {
  const Records newest{record_of(4, "POST /pay"), record_of(3, "GET /"),
                       record_of(2, "GET nonsense"), record_of(1, "DELETE /")};
  EXPECT_EQ(ids_of(failures_to_replay(newest, {})), std::vector<std::uint64_t>{3});
  EXPECT_EQ(ids_of(samples_to_replay(newest, {})), std::vector<std::uint64_t>{3});
  TrafficSpec posts;
  posts.replay.methods = {"POST"};
  EXPECT_EQ(ids_of(failures_to_replay(newest, posts)), (std::vector<std::uint64_t>{4, 3}));
  TrafficSpec grpc;
  grpc.backend = BackendProtocol::http2;
  EXPECT_TRUE(failures_to_replay(newest, grpc).empty());
}

TEST(ReplayChoice, SendsWhatEndedItsProgramOnlyWhereItMustPass) {
  const Records newest{record_of(1, "GET /", RecordCause::backend_closed)};
  EXPECT_TRUE(failures_to_replay(newest, {}).empty());
  TrafficSpec strict;
  strict.replay.failures_must_pass = true;
  EXPECT_EQ(failures_to_replay(newest, strict).size(), 1U);
}

}  // namespace
}  // namespace livefix::control
