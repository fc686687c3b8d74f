#include "control/release_book.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

struct Book : ReleaseBook {
  void note(const Record& record) { enter(record, "anna", WallTime{}); }
  void lay_out(std::uint32_t number, const std::string& commit) {
    note(ReleaseRecord{number, commit, commit, "/releases/" + commit, "subject", "Anna"});
  }
  void roll_out(std::uint32_t id, const std::string& commit) {
    note(RolloutRecord{id, 0, commit, "subject", "", {"shop"}});
  }
};

TEST(ReleaseBook, WhatWasPromotedLastIsKept) {
  Book book;
  EXPECT_EQ(book.kept("shop"), nullptr);
  book.lay_out(1, "aaaa");
  book.roll_out(1, "aaaa");
  EXPECT_EQ(book.kept("shop"), nullptr);
  ASSERT_NE(book.unfinished(), nullptr);
  const std::vector<RolloutFigures> figures{{"shop", 100, {4, 0}}};
  book.note(PromotedRecord{1, 1, {"shop"}, {}, "live", figures});
  EXPECT_EQ(book.story(1)->figures, figures);
  EXPECT_EQ(book.unfinished(), nullptr);
  ASSERT_NE(book.kept("shop"), nullptr);
  EXPECT_EQ(book.kept("shop")->commit, "aaaa");
  EXPECT_EQ(book.kept("cart"), nullptr);
  EXPECT_EQ(book.kept_before("shop"), nullptr);
}

TEST(ReleaseBook, WhatFailedChangesNothing) {
  Book book;
  book.lay_out(1, "aaaa");
  book.roll_out(1, "aaaa");
  book.note(PromotedRecord{1, 1, {"shop"}, {}, "live"});
  book.lay_out(2, "bbbb");
  book.roll_out(2, "bbbb");
  const std::vector<RolloutFigures> figures{{"shop", 50, {100, 6}}};
  book.note(FailedRecord{2, "taken_back", "errors", "errors 6 %", {}, figures});
  EXPECT_EQ(book.story(2)->figures, figures);
  EXPECT_EQ(book.kept("shop")->commit, "aaaa");
  EXPECT_EQ(book.story(2)->gate, "errors");
  EXPECT_EQ(book.unfinished(), nullptr);
}

TEST(ReleaseBook, ARollbackKeepsTheOneBeforeAndTheWayForth) {
  Book book;
  for (const std::uint32_t number : {1U, 2U}) {
    book.lay_out(number, number == 1 ? "aaaa" : "bbbb");
    book.roll_out(number, number == 1 ? "aaaa" : "bbbb");
    book.note(PromotedRecord{number, number, {"shop"}, {}, "live"});
  }
  EXPECT_EQ(book.kept_before("shop")->commit, "aaaa");
  book.note(RollbackRecord{3, 1, {"shop"}, "back"});
  EXPECT_EQ(book.kept("shop")->commit, "aaaa");
  EXPECT_EQ(book.kept_before("shop")->commit, "bbbb");
  EXPECT_TRUE(book.story(3)->is_rollback);
  EXPECT_EQ(book.story(3)->took, Milliseconds{}) << "as of a ledger that has no more of it";
  book.note(ServedRecord{3, Milliseconds{410}});
  book.note(ServedRecord{9, Milliseconds{1}});  // of nothing that is known
  EXPECT_EQ(book.story(3)->took, Milliseconds{410});
  EXPECT_EQ(book.next_rollout(), 4U);
}

TEST(ReleaseBook, LinesAndPhasesBelongToTheirRollout) {
  Book book;
  book.roll_out(1, "aaaa");
  book.note(PhaseRecord{1, "starting", ""});
  book.note(PhaseRecord{1, "", "shop ready"});
  book.note(PhaseRecord{9, "", "of nothing that is known"});
  EXPECT_EQ(book.story(1)->phase, "starting");
  EXPECT_EQ(book.story(1)->lines, std::vector<std::string>{"shop ready"});
}

TEST(ReleaseBook, ChangesOfTokensAreKnownAndTheLastOneIsTheHead) {
  Book book;
  EXPECT_EQ(book.token_head().change, "");
  book.note(CommandRecord{0, "token add", "ci (push)", "aaaa", 1, "now"});
  book.note(CommandRecord{0, "token remove", "ci (push)", "bbbb", 2, "now"});
  book.note(CommandRecord{0, "reload", "shop"});
  EXPECT_TRUE(book.knows_token_change("aaaa") && book.knows_token_change("bbbb"));
  EXPECT_FALSE(book.knows_token_change("cccc"));
  EXPECT_EQ(book.token_head().change, "bbbb");
  EXPECT_EQ(book.token_head().number, 2U);
  book.note(CommandRecord{0, "token file", "gone"});
  EXPECT_EQ(book.token_head().change, "");
  EXPECT_TRUE(book.knows_token_change("bbbb")) << "what is on record stays so";
}

TEST(ReleaseBook, OldStoriesAreForgottenAndWhatRunsIsNot) {
  Book book;
  book.lay_out(1, "aaaa");
  book.roll_out(1, "aaaa");
  book.note(PromotedRecord{1, 1, {"shop"}, {}, "live"});
  for (std::uint32_t id = 2; id < 2 + ReleaseBook::kStories; ++id) {
    book.roll_out(id, "bbbb");
    book.note(FailedRecord{id, "refused", "build", "no", {}});
  }
  EXPECT_EQ(book.stories().size(), ReleaseBook::kStories);
  EXPECT_EQ(book.story(1), nullptr);
  EXPECT_EQ(book.kept("shop")->commit, "aaaa");
}

}  // namespace
}  // namespace livefix::control
