#include "control/timeline_marks.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

constexpr WallTime kBegan{std::chrono::seconds(1'000'000)};

TEST(TimelineMarks, APushAndWhatBecameOfIt) {
  ReleaseBook book;
  book.enter(RolloutRecord{1, 0, "7f3c2d1aaaaaaaaa", "fix", "", {"shop"}}, "anna", kBegan);
  auto marks = marks_of(book, WallTime{});
  ASSERT_EQ(marks.size(), 1U);
  EXPECT_EQ(marks[0], (TimelineMark{kBegan, "push", "7f3c2d1 pushed by anna", 1}));

  book.enter(FailedRecord{1, "taken_back", "errors", "errors 6 %", std::chrono::seconds(30)},
             "livefix", kBegan + std::chrono::seconds(30));
  marks = marks_of(book, WallTime{});
  ASSERT_EQ(marks.size(), 2U);
  EXPECT_EQ(marks[1].kind, "taken_back");
  EXPECT_EQ(marks[1].at, kBegan + std::chrono::seconds(30));
}

TEST(TimelineMarks, OlderOnesAreLeftOut) {
  ReleaseBook book;
  book.enter(RolloutRecord{1, 0, "7f3c2d1aaaaaaaaa", "fix", "", {"shop"}}, "anna", kBegan);
  book.enter(FailedRecord{1, "refused", "", "no", {}}, "livefix", kBegan);
  EXPECT_EQ(marks_of(book, kBegan).size(), 1U) << "what is refused has one mark";
  EXPECT_TRUE(marks_of(book, kBegan + std::chrono::seconds(1)).empty());
}

}  // namespace
}  // namespace livefix::control
