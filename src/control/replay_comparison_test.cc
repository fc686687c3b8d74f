#include "control/replay_comparison.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace livefix::control {
namespace {

using enum ReplayOutcome;

observe::ExchangeRecord recorded_answer(RecordCause cause, int status, std::string_view body) {
  RecordFrame frame;
  frame.cause = cause;
  frame.status = static_cast<std::uint16_t>(status);
  frame.request =
      "GET /pay HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer planted-credential\r\n\r\n";
  const std::string answer = cause == RecordCause::backend_closed || cause == RecordCause::timed_out
                                 ? ""
                                 : fmt::format("HTTP/1.1 {} Oh\r\n\r\n{}", status, body);
  frame.answer = answer;
  return observe::parse_exchange(1, frame);
}

ReplayAnswer replayed(int status, std::string_view body) {
  ReplayAnswer answer;
  answer.end = ReplayEnd::whole;
  answer.status = status;
  answer.message.first_line = fmt::format("HTTP/1.1 {} Oh", status);
  answer.message.body = body;
  return answer;
}
ReplayAnswer ended(ReplayEnd end) {
  ReplayAnswer answer;
  answer.end = end;
  return answer;
}

ReplayComparison compared(RecordCause cause, int status, std::string_view body,
                          const ReplayAnswer& now) {
  return compare_with_record(recorded_answer(cause, status, body), now, observe::Redaction(),
                             RecordSpec{});
}

TEST(ReplayComparison, AFailureThatIsGoneIsNamed) {
  const auto now = replayed(200, "paid");
  const auto plain = compared(RecordCause::status, 500, "TypeError: x is undefined\n    at a", now);
  EXPECT_EQ(plain.outcome, fixed);
  EXPECT_EQ(plain.text, "TypeError gone");
  const auto page = compared(RecordCause::status, 500,
                             "<html><pre>RangeError: too far<br> &nbsp; at a</pre></html>", now);
  EXPECT_EQ(page.text, "RangeError gone");
  EXPECT_EQ(compared(RecordCause::status, 500, "sorry", now).text, "fixed");
  EXPECT_EQ(compared(RecordCause::backend_closed, 502, "", now).outcome, fixed);
}

TEST(ReplayComparison, AFailureThatStaysIsAlikeOrNot) {
  const auto same = compared(RecordCause::status, 500, "oh", replayed(500, "oh"));
  EXPECT_EQ(same.outcome, fails_alike);
  EXPECT_EQ(same.text, "still fails");
  EXPECT_EQ(compared(RecordCause::status, 500, "oh", replayed(503, "oh")).outcome, fails_otherwise);
  EXPECT_EQ(compared(RecordCause::status, 500, "oh", ended(ReplayEnd::closed)).outcome,
            fails_otherwise);
  EXPECT_EQ(compared(RecordCause::backend_closed, 502, "", ended(ReplayEnd::closed)).outcome,
            fails_alike);
  EXPECT_EQ(compared(RecordCause::timed_out, 504, "", ended(ReplayEnd::timed_out)).outcome,
            fails_alike);
  EXPECT_EQ(compared(RecordCause::backend_closed, 502, "", replayed(502, "")).outcome,
            fails_otherwise);
}

TEST(ReplayComparison, WhatWentWellIsComparedByItsAnswer) {
  const auto healthy = [](std::string_view body, const ReplayAnswer& now) {
    return compared(RecordCause::healthy, 200, body, now);
  };
  EXPECT_EQ(healthy("fine", replayed(200, "fine")).outcome, unchanged);
  const auto other = healthy(R"({"total":12})", replayed(200, R"({"total":13})"));
  EXPECT_EQ(other.outcome, differs);
  EXPECT_EQ(other.text, "$.total: 12 → 13");
  const auto worse = healthy("fine", replayed(500, "fine"));
  EXPECT_EQ(worse.outcome, fails_now);
  EXPECT_EQ(worse.text, "fails now: status: 200 → 500");
  EXPECT_TRUE(fails(healthy("fine", ended(ReplayEnd::not_http)).outcome));
}

TEST(ReplayComparison, AStatusThatTheServiceCountsAsAFailureIsOne) {
  RecordSpec spec;
  EXPECT_FALSE(is_failure(replayed(409, ""), spec));
  spec.statuses = {409};
  EXPECT_TRUE(is_failure(replayed(409, ""), spec));
  EXPECT_FALSE(is_failure(replayed(404, ""), spec));
}

TEST(ReplayComparison, NoSecretIsInWhatIsTold) {
  const auto told =
      compared(RecordCause::healthy, 200, "hello", replayed(200, "planted-credential"));
  EXPECT_EQ(told.outcome, differs);
  EXPECT_EQ(told.text.find("planted"), std::string::npos) << told.text;
  const auto hidden = compared(RecordCause::healthy, 200, R"({"token":"one-secret"})",
                               replayed(200, R"({"token":"another-one"})"));
  EXPECT_EQ(hidden.outcome, differs);
  EXPECT_EQ(hidden.text, "it differs in what is not shown");
  const auto echoed = compared(RecordCause::healthy, 200, R"({"token":"one-secret"})",
                               replayed(200, "plain one-secret"));
  EXPECT_EQ(echoed.text.find("one-secret"), std::string::npos) << echoed.text;
  const auto bytes = compared(RecordCause::healthy, 200, "a\x1bplanted-credential",
                              replayed(200, "b\x1bplanted-credential"));
  EXPECT_EQ(bytes.text.find("planted"), std::string::npos) << bytes.text;
}

TEST(ReplayComparison, WhatTheOldProgramDiffersInItselfIsNoDifference) {
  const auto record = recorded_answer(RecordCause::healthy, 200, "");
  const auto one = replayed(200, R"({"at":1,"total":12})");
  const auto again = replayed(200, R"({"at":2,"total":12})");
  const observe::Redaction redaction;
  EXPECT_EQ(
      difference_between(record, one, again, replayed(200, R"({"at":3,"total":12})"), redaction),
      "");
  EXPECT_EQ(
      difference_between(record, one, again, replayed(200, R"({"at":3,"total":13})"), redaction),
      "$.total: 12 → 13");
}

}  // namespace
}  // namespace livefix::control
