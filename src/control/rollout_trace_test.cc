#include "control/rollout_trace.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

constexpr auto kTracedCommit = "7f3c2d1e7f3c2d1e7f3c2d1e7f3c2d1e7f3c2d1e";

class RolloutTraceTest : public ::testing::Test {
 protected:
  RolloutTraceTest() {
    run_.services.emplace_back().name = "shop";
    tell(ReleaseRecord{1, kTracedCommit, "7f3c2d1", "/releases/7f3c2d1", "add a cart", "Anna"});
  }

  // A second after what was told before.
  std::vector<TraceSpan> tell(const Record& record, std::string_view who = "anna") {
    now_ += 1s;
    book_.enter(record, who, now_);
    return traces_.on_record({1, {}, now_, who, record}, book_);
  }
  void begin() {
    EXPECT_TRUE(tell(RolloutRecord{3, 1, kTracedCommit, "add a cart", {}, {"shop"}}).empty());
    EXPECT_TRUE(tell(PhaseRecord{3, "starting", ""}).empty());
    EXPECT_TRUE(tell(PhaseRecord{3, "", "healthy after 1 s"}).empty());
    EXPECT_TRUE(tell(PhaseRecord{3, "shifting", ""}).empty());
  }
  static std::string attribute(const TraceSpan& span, std::string_view key) {
    for (const SpanAttribute& one : span.attributes) {
      if (one.key != key) continue;
      if (const auto* text = std::get_if<std::string>(&one.value)) return *text;
      if (const auto* number = std::get_if<std::int64_t>(&one.value)) {
        return std::to_string(*number);
      }
      return "[" + std::get<Texts>(one.value).at(0) + "]";
    }
    return "-";
  }

  RunSpec run_;
  ReleaseBook book_;
  http::RequestIdSource ids_{{1, 2}};
  RolloutTraces traces_{run_, ids_};
  WallTime now_{Milliseconds{1'764'151'200'000}};
};

TEST_F(RolloutTraceTest, HasASpanForEachPhase) {
  begin();
  const auto spans = tell(PromotedRecord{3, 1, {"shop"}, Milliseconds{4000}, "100 % · live"});
  ASSERT_EQ(spans.size(), 3U);
  const TraceSpan& root = spans[0];
  EXPECT_EQ(root.name, "rollout");
  EXPECT_EQ(root.parent_id, "");
  EXPECT_EQ(root.end - root.begin, 4s);
  EXPECT_FALSE(root.is_error);
  EXPECT_EQ(attribute(root, "livefix.rollout.id"), "3");
  EXPECT_EQ(attribute(root, "livefix.rollout.commit"), kTracedCommit);
  EXPECT_EQ(attribute(root, "livefix.rollout.who"), "anna");
  EXPECT_EQ(attribute(root, "livefix.rollout.outcome"), "promoted");
  EXPECT_EQ(attribute(root, "livefix.rollout.message"), "100 % · live");
  EXPECT_EQ(attribute(root, "livefix.release"), "7f3c2d1");
  EXPECT_EQ(attribute(root, "livefix.services"), "[shop]");
  ASSERT_EQ(root.events.size(), 1U);
  EXPECT_EQ(root.events[0].name, "healthy after 1 s");
  EXPECT_EQ(root.events[0].time - root.begin, 2s);
  EXPECT_EQ(spans[1].name, "starting");
  EXPECT_EQ(spans[1].end - spans[1].begin, 2s);
  EXPECT_EQ(spans[2].name, "shifting");
  EXPECT_EQ(spans[2].end, root.end);
  for (const TraceSpan& child : {spans[1], spans[2]}) {
    EXPECT_EQ(child.trace_id, root.trace_id);
    EXPECT_EQ(child.parent_id, root.span_id);
    EXPECT_NE(child.span_id, root.span_id);
  }
}

TEST_F(RolloutTraceTest, OfOneThatWasTakenBackIsAnErrorWithItsGate) {
  begin();
  tell(CommandRecord{.rollout = 3, .command = "pause"}, "ben");
  tell(PhaseRecord{3, "taken_back", ""});
  const auto spans =
      tell(FailedRecord{3, "taken_back", "errors", "too many: password=hunter2\n  key", {}});
  ASSERT_EQ(spans.size(), 3U) << "that it is over takes no time";
  EXPECT_TRUE(spans[0].is_error);
  EXPECT_EQ(attribute(spans[0], "livefix.rollout.gate"), "errors");
  EXPECT_TRUE(spans[0].error.starts_with("too many: ")) << spans[0].error;
  EXPECT_EQ(spans[0].error.find("hunter2"), std::string::npos);
  EXPECT_EQ(spans[0].error.find("key"), std::string::npos);
  EXPECT_EQ(spans[0].events.back().name, "pause by ben");
}

TEST_F(RolloutTraceTest, OfARollbackIsOneSpan) {
  const auto spans = tell(RollbackRecord{4, 1, {"shop"}, "serves again"});
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].name, "rollback");
  EXPECT_FALSE(spans[0].is_error);
}

TEST_F(RolloutTraceTest, IsMadeOnlyOfWhatWasSeenFromItsBeginning) {
  book_.enter(RolloutRecord{3, 1, kTracedCommit, "add a cart", {}, {"shop"}}, "anna", now_);
  tell(PhaseRecord{3, "starting", "a line"});
  EXPECT_TRUE(tell(PromotedRecord{3, 1, {"shop"}, {}, ""}).empty());
  EXPECT_TRUE(tell(FailedRecord{9, "refused", "", "", {}}).empty());
}

TEST_F(RolloutTraceTest, HasABoundedNumberOfEvents) {
  begin();
  for (std::size_t i = 0; i < 2 * RolloutTraces::kMostEvents; ++i) {
    tell(PhaseRecord{3, "", "a line"});
  }
  const auto spans = tell(PromotedRecord{3, 1, {"shop"}, {}, ""});
  EXPECT_EQ(spans.at(0).events.size(), RolloutTraces::kMostEvents);
}

}  // namespace
}  // namespace livefix::control
