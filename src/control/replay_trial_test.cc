#include "control/replay_trial.h"

#include <fmt/format.h>

#include <optional>

#include "control/replay_harness.h"

namespace livefix::control {
namespace {

using namespace std::chrono_literals;
using control::testing::ScriptedProgram;
using After = ScriptedProgram::After;

std::string with_body(int status, std::string_view body) {
  return fmt::format("HTTP/1.1 {} Oh\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body);
}

struct ReplayTrialTest : public ::testing::Test {
  static observe::ExchangeRecord record(std::uint64_t id, RecordCause cause) {
    RecordFrame frame;
    frame.cause = cause;
    frame.request = "GET /cart/17?token=planted HTTP/1.1\r\nHost: a\r\n\r\n";
    frame.answer = "HTTP/1.1 200 OK\r\n\r\n";
    return observe::parse_exchange(id, frame);
  }
  static std::vector<observe::ExchangeRecord> some(std::uint64_t count, RecordCause cause) {
    std::vector<observe::ExchangeRecord> records;
    for (std::uint64_t i = 1; i <= count; ++i) records.push_back(record(i, cause));
    return records;
  }

  rollout::ReplayFigures figures_of(ScriptedProgram& old, ScriptedProgram& candidate,
                                    std::uint64_t failures, std::uint64_t samples) {
    std::optional<rollout::ReplayFigures> found;
    std::unique_ptr<ReplayTrial> trial;
    trial = std::make_unique<ReplayTrial>(context, traffic, redaction,
                                          ReplayTrial::Places{old.address(), candidate.address()},
                                          ReplayTrial::Records{some(failures, RecordCause::status),
                                                               some(samples, RecordCause::healthy)},
                                          [&](rollout::ReplayFigures figures) {
                                            found = std::move(figures);
                                            trial.reset();
                                          });
    const TimePoint end = Clock::now() + 10s;
    while (!found && Clock::now() < end) context.run_one_for(10ms);
    EXPECT_TRUE(found);
    return found.value_or(rollout::ReplayFigures{});
  }
  rollout::ReplayFigures figures_of(std::string old, std::string candidate, std::uint64_t failures,
                                    std::uint64_t samples, After after = After::close) {
    ScriptedProgram before(context, std::move(old));
    ScriptedProgram now(context, std::move(candidate), after);
    return figures_of(before, now, failures, samples);
  }

  boost::asio::io_context context;
  TrafficSpec traffic;
  observe::Redaction redaction;
};

TEST_F(ReplayTrialTest, FailuresGoToTheCandidateAndSamplesToBoth) {
  ScriptedProgram old(context, with_body(200, "fine"));
  ScriptedProgram candidate(context, with_body(200, "fine"));
  const auto figures = figures_of(old, candidate, 14, 20);
  EXPECT_EQ(figures.failures, 14U);
  EXPECT_EQ(figures.answered, (std::vector<rollout::StatusCount>{{200, 14}}));
  EXPECT_EQ(figures.healthy, 20U);
  EXPECT_EQ(figures.unchanged, 20U);
  EXPECT_EQ(figures.unasked, 0U);
  EXPECT_EQ(old.requests().size(), 40U);
  EXPECT_EQ(candidate.requests().size(), 34U);
  EXPECT_LE(candidate.most_at_once(), static_cast<int>(ReplayTrial::kAtOnce));
}

TEST_F(ReplayTrialTest, WhatStillFailsIsToldByItsRoute) {
  const auto figures = figures_of(with_body(200, ""), with_body(500, "oh"), 3, 0);
  EXPECT_EQ(figures.still_fail, 3U);
  EXPECT_EQ(figures.failing, "GET /cart/:id: 500");
}

TEST_F(ReplayTrialTest, OneThatFailsWhereTheOldOneDoesNotIsBroken) {
  const auto status = figures_of(with_body(200, "fine"), with_body(500, "oh"), 0, 4);
  EXPECT_EQ(status.broken, 4U);
  EXPECT_EQ(status.breaking, "GET /cart/:id: 200 → 500");
  const auto closed = figures_of(with_body(200, "fine"), "", 0, 1);
  EXPECT_EQ(closed.breaking, "GET /cart/:id: 200 → closed");
}

TEST_F(ReplayTrialTest, OneFailureMayBeByChance) {
  ScriptedProgram old(context, with_body(200, "fine"));
  ScriptedProgram candidate(context, with_body(200, "fine"));
  candidate.answer_once(with_body(503, "not yet"));
  const auto figures = figures_of(old, candidate, 0, 1);
  EXPECT_EQ(figures.broken, 0U);
  EXPECT_EQ(figures.unchanged, 1U);
  EXPECT_EQ(candidate.requests().size(), 2U);
}

TEST_F(ReplayTrialTest, WhatTheOldOneFailsIsHeldAgainstNobody) {
  const auto figures = figures_of(with_body(500, "oh"), with_body(500, "oh"), 0, 4);
  EXPECT_EQ(figures.healthy, 0U);
  EXPECT_EQ(figures.broken, 0U);
}

TEST_F(ReplayTrialTest, DifferencesAreToldWithoutSecrets) {
  const auto figures =
      figures_of(with_body(200, R"({"total":12})"), with_body(200, R"({"total":"planted"})"), 0, 5);
  EXPECT_EQ(figures.differ, 5U);
  ASSERT_EQ(figures.differences.size(), 3U);
  EXPECT_TRUE(figures.differences[0].starts_with("GET /cart/:id: $.total: 12 → "));
  EXPECT_EQ(figures.differences[0].find("planted"), std::string::npos);
}

TEST_F(ReplayTrialTest, OneThatIsSlowIsJudgedByWhatItAnswered) {
  traffic.replay.time = 50ms;
  const auto figures = figures_of(with_body(200, "fine"), "", 5, 20, After::stay);
  EXPECT_EQ(figures.broken, 0U);
  EXPECT_EQ(figures.unasked + figures.failures + figures.healthy, 25U);
  EXPECT_GT(figures.unasked, 0U);
}

TEST_F(ReplayTrialTest, NothingToAskIsOverAtOnce) {
  EXPECT_FALSE(figures_of("", "", 0, 0).has_any());
}

}  // namespace
}  // namespace livefix::control
