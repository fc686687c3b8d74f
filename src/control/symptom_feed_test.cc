#include "control/symptom_feed.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "model/grpc_status.h"

namespace livefix::control {
namespace {

using namespace std::chrono_literals;
using observe::Symptom;
using observe::WallTime;

const WallTime kFeedBegins{Milliseconds(1'790'000'000'000)};

class SymptomFeedTest : public ::testing::Test {
 protected:
  SymptomFeedTest() {
    run_.services.resize(1);
    run_.services[0].name = "shop";
    facts_ = {{"shop", 0, {{UnitId{1}, "one", "serving", {}}}}};
    count_.generation = UnitId{1};
    count_.route = "/checkout";
    count_.method = "POST";
    read();
  }

  FailedRequest failure(std::uint64_t id = 0, const std::string& cause = "") {
    return {.id = id,
            .service_index = 0,
            .generation = UnitId{1},
            .release = "one",
            .method = "POST",
            .route = "/checkout",
            .status = 500,
            .counted_status = 500,
            .cause = cause,
            .ended = now_,
            .took = 10ms};
  }
  void fail(std::uint64_t id = 0) {
    ++count_.statuses["500"];
    feed_.failed(failure(id), now_);
  }
  void read() {
    feed_.learn(facts_);
    feed_.count(std::vector{count_}, now_);
  }
  void pass(Milliseconds time) {
    now_ += time;
    feed_.join(now_);
  }
  // "Error: a 3": lines and how many failures.
  std::vector<std::string> told() {
    std::vector<std::string> lines;
    for (const Symptom* one : feed_.book().list(now_)) {
      lines.push_back(fmt::format("{} {}", one->key.error, one->failures));
    }
    return lines;
  }
  using Lines = std::vector<std::string>;

  RunSpec run_;
  std::vector<ServiceFacts> facts_;
  RouteCount count_;
  WallTime now_ = kFeedBegins;
  std::optional<std::string> line_ = "Error: oh";
  std::size_t looks_ = 0;
  SymptomFeed feed_{run_, [this](const FailedRequest&) {
                      ++looks_;
                      return line_;
                    }};
};

TEST_F(SymptomFeedTest, WhatIsNewIsToldOnce) {
  std::vector<std::string> fresh;
  feed_.on_new([&](const Symptom& symptom) { fresh.push_back(symptom.key.error); });
  fail(1);
  fail(2);
  pass(SymptomFeed::kPatience);
  EXPECT_EQ(fresh, Lines{"Error: oh"});
  line_ = "Error: another";
  fail(3);
  pass(SymptomFeed::kPatience);
  EXPECT_EQ(fresh, (Lines{"Error: oh", "Error: another"}));
}

// Recorded or only counted, they are one symptom for each code, apart from those of HTTP.
TEST_F(SymptomFeedTest, CallsOfGrpcThatFailAlikeAreOneSymptom) {
  const auto fail_call = [this](int code, bool is_recorded) {
    ++count_.statuses["200"];
    ++count_.grpc_failures[code];
    FailedRequest one = failure();
    one.status = one.counted_status = status_of_grpc_failure(code);
    if (is_recorded) feed_.failed(one, now_);
  };
  fail();
  fail_call(13, true);
  fail_call(13, false);
  fail_call(14, true);
  pass(SymptomFeed::kPatience);
  read();
  read();
  std::set<std::string> names;
  for (const Symptom* one : feed_.book().list(now_)) {
    names.insert(fmt::format("{}: {}", observe::name_of(one->key), one->failures));
  }
  EXPECT_EQ(names,
            (std::set<std::string>{"POST /checkout 500: 1", "POST /checkout grpc 13 INTERNAL: 2",
                                   "POST /checkout grpc 14 UNAVAILABLE: 1"}));
}

TEST_F(SymptomFeedTest, WhatAControlBeforeHasSeenIsNotNew) {
  bool is_told = false;
  feed_.on_new([&](const Symptom&) { is_told = true; });
  feed_.restore(failure(1), "Error: oh");
  fail(2);
  pass(SymptomFeed::kPatience);
  EXPECT_FALSE(is_told);
}

TEST_F(SymptomFeedTest, AFailureWaitsForItsLine) {
  EXPECT_EQ(feed_.next_join(), std::nullopt);
  fail(17);
  EXPECT_EQ(feed_.next_join(), now_ + SymptomFeed::kPatience);
  pass(SymptomFeed::kPatience - 1ms);
  EXPECT_EQ(told(), Lines{});
  line_ = "Error: it came late";
  pass(1ms);
  EXPECT_EQ(told(), Lines{"Error: it came late 1"});
  EXPECT_EQ(feed_.book().list(now_).front()->samples, std::vector<std::uint64_t>{17});
  EXPECT_EQ(feed_.next_join(), std::nullopt);
}

TEST_F(SymptomFeedTest, AProxyThatTellsOfYesterdayChangesNoMinute) {
  fail();
  FailedRequest old = failure();
  old.ended = now_ - std::chrono::minutes(observe::MinuteRing::kMinutes);
  feed_.failed(old, now_);
  pass(1s);
  EXPECT_EQ(feed_.book().list(now_).front()->minutes.last(now_, 60), 2U);
}

TEST_F(SymptomFeedTest, EachIsCountedOnce) {
  for (int i = 0; i < 5; ++i) fail();
  count_.statuses["200"] = 95;
  for (int seconds = 0; seconds < 5; ++seconds) {
    read();
    pass(1s);
  }
  EXPECT_EQ(told(), Lines{"Error: oh 5"});
  EXPECT_EQ(feed_.book().recent(*feed_.book().list(now_).front(), now_),
            (proportion::Share{5, 100}));
}

TEST_F(SymptomFeedTest, WhatTheRecorderDroppedIsCountedWithTheLastLine) {
  fail();
  pass(1s);
  count_.statuses["500"] += 1'000;
  for (int seconds = 0; seconds < 3; ++seconds) {
    read();
    pass(1s);
  }
  EXPECT_EQ(told(), Lines{"Error: oh 1001"});
}

TEST_F(SymptomFeedTest, WithoutALineItIsCountedWithoutOne) {
  count_.statuses["500"] = 7;
  for (int seconds = 0; seconds < 3; ++seconds) {
    read();
    pass(1s);
  }
  EXPECT_EQ(told(), Lines{" 7"});
}

TEST_F(SymptomFeedTest, AStormIsCountedAndFewLinesAreLookedFor) {
  constexpr std::uint64_t kStorm = 100'000;
  for (std::uint64_t i = 0; i < kStorm; ++i) fail(i + 1);
  pass(1s);
  EXPECT_EQ(looks_, SymptomFeed::kMostAlike);
  read();
  EXPECT_EQ(told(), Lines{fmt::format("Error: oh {}", kStorm)});
  pass(1s);
  read();
  EXPECT_EQ(told(), Lines{fmt::format("Error: oh {}", kStorm)});
}

TEST_F(SymptomFeedTest, BehindAStormLinesAreLookedForAgain) {
  for (int i = 0; i < 1'000; ++i) fail();
  pass(1s);
  looks_ = 0;
  fail();
  pass(1s);
  EXPECT_EQ(looks_, 1U);
}

TEST_F(SymptomFeedTest, AStormOfTwoFaultsIsSharedOutAsTheirLinesAre) {
  std::vector<std::string> lines{"Error: a", "Error: a", "Error: a", "Error: b"};
  SymptomFeed feed(run_, [&](const FailedRequest&) { return lines[looks_++ % lines.size()]; });
  for (int i = 0; i < 16'000; ++i) feed.failed(failure(), now_);
  feed.join(now_ + 1s);
  feed.learn(facts_);
  feed.count({}, now_ + 1s);
  const auto all = feed.book().list(now_);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]->failures, 12'000U);
  EXPECT_EQ(all[1]->failures, 4'000U);
}

TEST_F(SymptomFeedTest, AStormOfManyKindsIsBoundedToo) {
  for (int i = 0; i < 100'000; ++i) {
    FailedRequest one = failure();
    one.route = fmt::format("/r{}", i);
    feed_.failed(std::move(one), now_);
  }
  pass(1s);
  EXPECT_EQ(looks_, SymptomFeed::kMostWaiting);
  read();
  EXPECT_LE(feed_.book().size(), SymptomFeed::kMostWaiting + SymptomFeed::kMostKinds + 1);
}

TEST_F(SymptomFeedTest, OneThatNobodyCanTellOfIsCountedWithTheLastLineOfItsCause) {
  fail();
  pass(1s);
  line_.reset();
  fail();
  feed_.failed(failure(0, "backend closed"), now_);
  pass(1s);
  EXPECT_EQ(told(), (Lines{"Error: oh 2", " 1"}));
}

TEST_F(SymptomFeedTest, WhatWasKeptIsThereAgainAndIsNotCountedTwice) {
  count_.statuses["500"] = 3;  // by the control before
  feed_.restore(failure(1), "Error: oh");
  feed_.restore(failure(2), std::nullopt);
  for (int seconds = 0; seconds < 3; ++seconds) {
    pass(1s);
    feed_.learn(facts_);
  }
  EXPECT_EQ(told(), Lines{"Error: oh 2"});
  EXPECT_EQ(looks_, 0U);
  count_.statuses["200"] = 10;
  read();
  EXPECT_EQ(feed_.book().recent(*feed_.book().list(now_).front(), now_), std::nullopt)
      << "its requests are not among these";
}

TEST_F(SymptomFeedTest, TheLastCountsOfAGenerationThatIsGoneAreRead) {
  count_.statuses["200"] = 10;
  facts_ = {{"shop", 0, {{UnitId{2}, "two", "serving", {}}}}};
  EXPECT_EQ(feed_.learn(facts_), (std::vector{UnitId{1}, UnitId{2}}));
  feed_.count(std::vector{count_}, now_);
  EXPECT_EQ(feed_.learn(facts_), std::vector{UnitId{2}});
  feed_.failed(failure(), now_);
  pass(1s);
  const Symptom* symptom = feed_.book().list(now_).front();
  EXPECT_EQ(feed_.book().counts(*symptom, "one", "two", now_).before, (proportion::Share{1, 10}));
}

TEST(FailedRequest, IsWhatTheRecordSays) {
  observe::ExchangeRecord record;
  record.method = "BREW\x1b";
  record.cause = RecordCause::timed_out;
  record.status = record.counted_status = 504;
  record.time = kFeedBegins + 1h;
  const auto failure = failed_request(record, kFeedBegins);
  EXPECT_EQ(failure.method, "OTHER");
  EXPECT_EQ(failure.cause, "timed out");
  EXPECT_EQ(failure.ended, kFeedBegins) << "nothing ends later than now";
}

}  // namespace
}  // namespace livefix::control
