#include "control/release_choice.h"

#include <gtest/gtest.h>

#include <string>

namespace livefix::control {
namespace {

// Rollout 1 is of a commit that begins with a 2, and rollout 2 of one that begins with a 1.
struct ChoiceBook : ReleaseBook {
  ChoiceBook() {
    promote(1, "2222aaaa");
    promote(2, "1111bbbb");
    roll_out(3, "3333cccc");
    note(ReleaseRecord{3, "3333cccc", "3333ccc", "/releases/3", "subject", "Anna"});
    note(FailedRecord{3, "taken_back", "errors", "errors 6 %", {}});
    roll_out(4, "4444dddd");
    note(FailedRecord{4, "refused", "", "refused: unsigned", {}});
    note(RollbackRecord{5, 1, {"shop"}, "back"});
  }
  void note(const Record& record) { enter(record, "anna", WallTime{}); }
  void roll_out(std::uint32_t id, const std::string& commit) {
    note(RolloutRecord{id, 0, commit, "subject", "", {"shop"}});
  }
  void promote(std::uint32_t id, const std::string& commit) {
    roll_out(id, commit);
    note(ReleaseRecord{id, commit, commit.substr(0, 7), "/releases/" + commit, "subject", "Anna"});
    note(PromotedRecord{id, id, {"shop"}, {}, "live"});
  }
  std::string commit(std::string_view word) const {
    const auto found = find_release(*this, word);
    return found ? found->commit : found.error().message;
  }
};

TEST(ReleaseChoice, ANumberIsThatOfARollout) {
  const ChoiceBook book;
  EXPECT_EQ(book.commit("1"), "2222aaaa");
  EXPECT_EQ(book.commit("2"), "1111bbbb");
  EXPECT_EQ(book.commit("5"), "2222aaaa") << "a rollback is a rollout as well";
  EXPECT_EQ(find_story(book, "1")->rollout.commit, "2222aaaa");
}

TEST(ReleaseChoice, FourDigitsAreThoseOfACommit) {
  const ChoiceBook book;
  EXPECT_EQ(book.commit("1111"), "1111bbbb");
  EXPECT_EQ(find_story(book, "2222")->rollout.id, 5U) << "the last one of it";
  for (const char* word : {"222", "22", "9", "b-1111", ""}) {
    EXPECT_NE(book.commit(word).find("a commit has at least 4 digits"), std::string::npos) << word;
    EXPECT_EQ(find_story(book, word), nullptr) << word;
  }
}

TEST(ReleaseChoice, ANumberOfFourDigitsIsThatOfARolloutFirst) {
  ChoiceBook book;
  book.promote(1111, "5555eeee");
  EXPECT_EQ(book.commit("1111"), "5555eeee");
  EXPECT_EQ(find_story(book, "1111")->rollout.id, 1111U);
  EXPECT_EQ(book.commit("1111b"), "1111bbbb");
}

TEST(ReleaseChoice, WhatNeverWentLiveIsNoWayBack) {
  ChoiceBook book;
  EXPECT_EQ(
      book.commit("3"),
      "rollout 3 was taken back and never live, so there is no way back to it; push its commit "
      "again, so that it is judged");
  EXPECT_EQ(book.commit("4").find("rollout 4 was refused and never live"), 0U) << book.commit("4");
  EXPECT_NE(book.commit("3333").find("3333 was never live"), std::string::npos);
  EXPECT_NE(book.commit("4444").find("no release of 4444 is known"), std::string::npos);
  book.roll_out(6, "6666ffff");
  EXPECT_EQ(book.commit("6").find("rollout 6 is under way"), 0U);
}

TEST(ReleaseChoice, ArtifactsTellReleasesOfOneCommitApart) {
  ChoiceBook book;
  for (const std::uint32_t number : {7U, 8U}) {
    const std::string name = number == 7 ? "7777aaa-1f2e3d4c" : "7777aaa-9f9f9f9f";
    book.roll_out(number, "7777aaaa");
    book.note(ReleaseRecord{number, "7777aaaa", name, "/releases/" + name, "subject", "Anna"});
    book.note(PromotedRecord{number, number, {"shop"}, {}, "live"});
  }
  EXPECT_EQ(book.commit("7777"),
            "7777 may be one of 7777aaa-1f2e3d4c, 7777aaa-9f9f9f9f; write more of it");
  EXPECT_EQ(find_release(book, "7777-9f9f").value().number, 8U);
  EXPECT_EQ(find_release(book, "7").value().number, 7U);
}

}  // namespace
}  // namespace livefix::control
