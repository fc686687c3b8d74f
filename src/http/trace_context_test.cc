#include "http/trace_context.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace livefix::http {
namespace {

constexpr std::string_view kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr std::string_view kSpan = "00f067aa0ba902b7";

std::string traceparent(std::string_view version, std::string_view trace, std::string_view span,
                        std::string_view flags) {
  std::string text(version);
  for (const auto part : {trace, span, flags}) text.append("-").append(part);
  return text;
}

TEST(Traceparent, IsTakenApart) {
  const std::string text = traceparent("00", kTrace, kSpan, "01");
  const auto trace = parse_traceparent(text);
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->trace_id, kTrace);
  EXPECT_EQ(trace->parent_id, kSpan);
  EXPECT_EQ(trace->flags, "01");
}

TEST(Traceparent, IsTakenWithAnyFlagsAndOfLaterVersions) {
  for (const std::string& text :
       {traceparent("00", kTrace, kSpan, "00"), traceparent("00", kTrace, kSpan, "ff"),
        traceparent("cc", kTrace, kSpan, "01"), traceparent("cc", kTrace, kSpan, "01-what-follows"),
        traceparent("01", kTrace, kSpan, "01-")}) {
    EXPECT_TRUE(parse_traceparent(text)) << text;
  }
}

TEST(Traceparent, IsNotTakenWhenItIsMalformed) {
  const std::string good = traceparent("00", kTrace, kSpan, "01");
  const std::string zeros(32, '0');
  for (const std::string& text : {
           std::string(),
           std::string("00"),
           good + "-",
           good + "-more",
           good + ",",
           good + "," + good,
           good + " ",
           " " + good,
           good.substr(0, good.size() - 1),
           traceparent("ff", kTrace, kSpan, "01"),
           traceparent("0F", kTrace, kSpan, "01"),
           traceparent("0x", kTrace, kSpan, "01"),
           traceparent("cc", kTrace, kSpan, "01.what"),
           traceparent("cc", kTrace, kSpan, "0"),
           traceparent("00", zeros, kSpan, "01"),
           traceparent("00", kTrace, zeros.substr(16), "01"),
           traceparent("00", "4BF92F3577B34DA6A3CE929D0E0E4736", kSpan, "01"),
           traceparent("00", kTrace, "00F067AA0BA902B7", "01"),
           traceparent("00", kTrace, kSpan, "0A"),
           traceparent("00", kTrace, kSpan, "0z"),
           traceparent("00", "4bf92f3577b34da6a3ce929d0e0e473.", kSpan, "01"),
           traceparent("00", std::string(kTrace.substr(1)) + "\xff", kSpan, "01"),
           traceparent("00", kTrace, std::string(kSpan.substr(1)) + '\0', "01"),
           traceparent("00", std::string(kTrace) + "0", kSpan.substr(1), "01"),
           std::string(55, '-'),
           std::string(55, '0'),
           std::string(60'000, 'a'),
       }) {
    EXPECT_FALSE(parse_traceparent(text)) << text;
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(parse_traceparent(std::string_view(good).substr(0, size))) << size;
  }
}

TEST(Traceparent, IsMadeOfTheRequestsId) {
  RequestIdSource ids({1, 2});
  const RequestId id = ids.next();
  const TraceParent made(id, ids);
  const auto trace = parse_traceparent(made.view());
  ASSERT_TRUE(trace) << made.view();
  EXPECT_EQ(trace->trace_id, id.view());
  EXPECT_EQ(trace->flags, "01");
  EXPECT_TRUE(made.view().starts_with("00-"));
}

TEST(Traceparent, HasAnotherSpanEachTime) {
  RequestIdSource ids({1, 2});
  std::set<std::string> spans;
  for (int i = 0; i < 1000; ++i) {
    const TraceParent made(ids.next(), ids);
    spans.emplace(parse_traceparent(made.view()).value().parent_id);
  }
  EXPECT_EQ(spans.size(), 1000U);
}

TEST(Traceparent, IsValidAlsoOfTheIdThatIsNone) {
  RequestIdSource ids({0, 0});  // whose first id is all zeros
  EXPECT_TRUE(parse_traceparent(TraceParent(RequestId(0, 0), ids).view()));
}

}  // namespace
}  // namespace livefix::http
