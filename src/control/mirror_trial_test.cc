#include "control/mirror_trial.h"

#include <fmt/format.h>

#include <optional>

#include "control/replay_harness.h"

namespace livefix::control {
namespace {

using namespace std::chrono_literals;
using control::testing::ScriptedProgram;

std::string answer_with(int status, std::string_view body) {
  return fmt::format("HTTP/1.1 {} Oh\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body);
}

struct MirrorTrialTest : public ::testing::Test {
  MirrorTrialTest() { traffic.mirror.share = 0.05; }

  static observe::ExchangeRecord exchange(std::string_view answer,
                                          std::string_view method = "GET") {
    RecordFrame frame;
    frame.status = 200;
    const std::string request =
        fmt::format("{} /cart/17?token=planted HTTP/1.1\r\nHost: a\r\n\r\n", method);
    frame.request = request;
    frame.answer = answer;
    frame.answer_bytes = answer.size();
    return observe::parse_exchange(0, frame);
  }
  void begin(const Address& old, const Address& candidate) {
    trial = std::make_unique<MirrorTrial>(context, traffic, redaction,
                                          MirrorTrial::Places{old, candidate},
                                          [this](rollout::MirrorFigures figures) {
                                            found = std::move(figures);
                                            trial.reset();
                                          });
  }
  bool run_until(const std::function<bool()>& holds) {
    const TimePoint end = Clock::now() + 10s;
    while (!holds() && Clock::now() < end) context.run_one_for(10ms);
    return holds();
  }
  // Of `count` requests whose users got `live`.
  rollout::MirrorFigures figures_of(std::string_view live, std::string old, std::string candidate,
                                    std::uint32_t count) {
    ScriptedProgram before(context, std::move(old));
    ScriptedProgram now(context, std::move(candidate));
    traffic.mirror.requests = count;
    begin(before.address(), now.address());
    for (std::uint32_t i = 0; i < count; ++i) trial->take(exchange(live));
    EXPECT_TRUE(run_until([this] { return found.has_value(); }));
    return found.value_or(rollout::MirrorFigures{});
  }

  boost::asio::io_context context;
  TrafficSpec traffic;
  observe::Redaction redaction;
  std::optional<rollout::MirrorFigures> found;
  std::unique_ptr<MirrorTrial> trial;
};

TEST_F(MirrorTrialTest, TheSameAnswerIsAlike) {
  const std::string fine = answer_with(200, "fine");
  const auto figures = figures_of(fine, fine, fine, 4);
  EXPECT_EQ(figures.requests, 4U);
  EXPECT_EQ(figures.alike, 4U);
}

TEST_F(MirrorTrialTest, DifferencesAreToldByTheirRouteWithoutSecrets) {
  const std::string old = answer_with(200, R"({"total":12})");
  const auto figures = figures_of(old, old, answer_with(200, R"({"total":"planted"})"), 4);
  EXPECT_EQ(figures.differ, 4U);
  ASSERT_EQ(figures.differences.size(), 3U);
  EXPECT_TRUE(figures.differences[0].starts_with("GET /cart/:id: $.total: 12 → "))
      << figures.differences[0];
  EXPECT_EQ(figures.differences[0].find("planted"), std::string::npos);
}

TEST_F(MirrorTrialTest, WhatTheOldOneAnswersOtherwiseEachTimeIsNoDifference) {
  const auto figures =
      figures_of(answer_with(200, R"({"now":"2026-11-26T10:00:00Z","total":12})"),
                 answer_with(200, R"({"now":"2026-11-26T10:00:01Z","total":12})"),
                 answer_with(200, R"({"now":"2026-11-26T10:00:02Z","total":12})"), 2);
  EXPECT_EQ(figures.alike, 2U);
}

TEST_F(MirrorTrialTest, OneThatFailsEndsItAtOnce) {
  const std::string fine = answer_with(200, "fine");
  traffic.mirror.time = 1h;
  ScriptedProgram old(context, fine);
  ScriptedProgram candidate(context, answer_with(500, "oh"));
  begin(old.address(), candidate.address());
  trial->take(exchange(fine));
  ASSERT_TRUE(run_until([this] { return found.has_value(); }));
  EXPECT_EQ(found->broken, 1U);
  EXPECT_EQ(found->breaking, "GET /cart/:id: 200 → 500");
  EXPECT_EQ(candidate.requests().size(), 2U) << "one failure may be by chance";
  EXPECT_NE(candidate.requests()[0].find("\r\nLivefix-Replay: 0\r\n"), std::string::npos);
}

TEST_F(MirrorTrialTest, WhatIsNotSafeOrNotWholeIsPassedOver) {
  const std::string fine = answer_with(200, "fine");
  ScriptedProgram program(context, fine);
  traffic.mirror.time = 50ms;
  traffic.replay.methods = {"POST"};
  begin(program.address(), program.address());
  trial->take(exchange(fine, "POST"));
  auto cut = exchange(fine);
  cut.answer.cut = true;
  trial->take(cut);
  trial->take(exchange(""));
  ASSERT_TRUE(run_until([this] { return found.has_value(); }));
  EXPECT_EQ(found->requests, 0U);
  EXPECT_TRUE(program.requests().empty());
}

TEST_F(MirrorTrialTest, AsksNoMoreThanItMay) {
  const std::string fine = answer_with(200, "fine");
  ScriptedProgram old(context, fine);
  ScriptedProgram candidate(context, fine);
  traffic.mirror.requests = 20;
  traffic.mirror.time = 1h;
  begin(old.address(), candidate.address());
  for (int i = 0; i < 100; ++i) trial->take(exchange(fine));
  const bool first_were_asked =
      run_until([&] { return candidate.requests().size() == MirrorTrial::kAtOnce; });
  EXPECT_TRUE(first_were_asked) << candidate.requests().size();
  EXPECT_LE(old.most_at_once(), static_cast<int>(MirrorTrial::kAtOnce));
  ASSERT_TRUE(run_until([&] {
    if (trial) trial->take(exchange(fine));
    return found.has_value();
  }));
  EXPECT_EQ(found->requests, 20U);
  EXPECT_EQ(candidate.requests().size(), 20U);
}

TEST_F(MirrorTrialTest, EndsWithItsTimeAlsoWithoutRequests) {
  traffic.mirror.time = 10ms;
  begin(Address::ipv4(127, 0, 0, 1, 1), Address::ipv4(127, 0, 0, 1, 1));
  ASSERT_TRUE(run_until([this] { return found.has_value(); }));
  EXPECT_EQ(found->requests, 0U);
}

}  // namespace
}  // namespace livefix::control
