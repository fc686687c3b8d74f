#include "releases/commit_writer.h"

#include "releases/commit_reader.h"
#include "releases/git_fixture.h"
#include "releases/release_refs.h"

namespace livefix::releases {
namespace {

class CommitWriter : public GitFixture {
 protected:
  std::string file(const ObjectId& commit, const std::string& name) const {
    return git_.ask({"cat-file", "blob", commit.hex() + ":" + name}).value_or("(none)");
  }
  std::size_t changes(const ObjectId& from, const ObjectId& to) const {
    const auto files = changed_files(git_, from, to);
    EXPECT_TRUE(files) << files.error().message;
    return files ? files->size() : 0;
  }
  bool has_scratch() const {
    for (const auto& entry : std::filesystem::directory_iterator(git_.git_dir())) {
      if (entry.path().filename().string().contains(".tmp-")) return true;
    }
    return false;
  }

  const Person who_{"Ada Lovelace", "ada@example.com"};
};

TEST_F(CommitWriter, GoesBackOnTopOfTheBranch) {
  const auto good = commit({{"a", {"good"}}, {"only-then", {"x"}}});
  const auto bad = commit({{"a", {"bad"}}, {"only-now", {"x"}}});
  const auto made = commit_revert(git_, {bad, good, "Back to good\n\nbad failed\n", who_});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(changes(good, *made), 0U);
  const auto read = read_commit(git_, *made);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->parents, std::vector{bad});
  EXPECT_EQ(read->subject, "Back to good");
  EXPECT_EQ(read->author_name, "Ada Lovelace");
  EXPECT_TRUE(update_branch(git_, {"main", bad, *made, "taken back"}));
}

TEST_F(CommitWriter, BringsBackOneDirectoryOfMany) {
  const auto good = commit({{"shop/a", {"good"}}, {"shop/sub/b", {"1"}}, {"mail/a", {"old"}}});
  const auto bad = commit({{"shop/a", {"bad"}}, {"shop/new", {"2"}}, {"mail/a", {"new"}}});
  const auto made = commit_revert(git_, {bad, good, "shop back", who_, {"shop"}});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(file(*made, "shop/a"), "good");
  EXPECT_EQ(file(*made, "shop/sub/b"), "1");
  EXPECT_EQ(file(*made, "shop/new"), "(none)");
  EXPECT_EQ(file(*made, "mail/a"), "new");
  EXPECT_FALSE(has_scratch());
}

TEST_F(CommitWriter, RemovesADirectoryThatWasNotThere) {
  const auto good = commit({{"mail/a", {"1"}}});
  const auto bad = commit({{"mail/a", {"1"}}, {"*/a", {"2"}}, {"shop/a", {"2"}}});
  const auto made = commit_revert(git_, {bad, good, "without", who_, {"*"}});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(file(*made, "*/a"), "(none)");
  EXPECT_EQ(file(*made, "shop/a"), "2") << "a name is no pattern";
}

TEST_F(CommitWriter, MakesNoCommitOfNothing) {
  const auto good = commit({{"a", {"1"}}, {"shop/a", {"1"}}});
  const auto other = commit({{"a", {"2"}}, {"shop/a", {"1"}}});
  const auto same = commit_revert(git_, {good, good, "m", who_});
  ASSERT_FALSE(same);
  EXPECT_EQ(same.error().message,
            "there is nothing to commit: " + good.short_hex() + " has these files already");
  EXPECT_FALSE(commit_revert(git_, {other, good, "m", who_, {"shop"}}));
  EXPECT_FALSE(commit_revert(git_, {other, good, "m", who_, {"shop/.."}}));
  EXPECT_FALSE(commit_revert(git_, {other, good, "m", who_, {""}}));
  EXPECT_FALSE(commit_revert(git_, {other, *ObjectId::parse(std::string(40, 'a')), "m", who_}));
}

TEST_F(CommitWriter, CommitsWhatWasEditedByHand) {
  const auto parent = commit(
      {{".gitattributes", {"* text eol=crlf\n"}}, {"a", {"1\n"}}, {"gone", {"1"}}, {"b", {"1"}}});
  write(path("live/a"), "2\r\n");
  write(path("live/b"), "edited, and not to be committed");
  write(path("live/new\nfile"), "n");
  const auto made = commit_hand_edit(git_, {.parent = parent,
                                            .directory = path("live"),
                                            .files = {"a", "gone", "new\nfile"},
                                            .message = "by hand",
                                            .who = who_});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(file(*made, "a"), "2\r") << "the newline at the end is cut by the test, no other byte";
  EXPECT_EQ(file(*made, "gone"), "(none)");
  EXPECT_EQ(file(*made, "b"), "1");
  EXPECT_EQ(file(*made, "new\nfile"), "n");
  EXPECT_TRUE(update_branch(git_, {"drift-1", std::nullopt, *made, "by hand"}));
}

TEST_F(CommitWriter, CommitsNothingThatLiesBehindALink) {
  const auto parent = commit({{"sub/a", {"1"}}});
  write(path("outside/a"), "secret");
  std::filesystem::create_directory(path("live"));
  std::filesystem::create_symlink(path("outside"), path("live/sub"));
  for (const char* name : {"sub/a", "../outside/a", ".git/config"}) {
    EXPECT_FALSE(commit_hand_edit(git_, {.parent = parent,
                                         .directory = path("live"),
                                         .files = {name},
                                         .message = "m",
                                         .who = who_}))
        << name;
  }
}

TEST_F(CommitWriter, RunsNoFilterOfTheCommit) {
  ASSERT_TRUE(git_.ask({"config", "filter.evil.clean", "touch " + path("ran") + "; cat"}));
  ASSERT_TRUE(git_.ask({"config", "filter.evil.required", "true"}));
  const auto parent = commit({{".gitattributes", {"* filter=evil\n"}}, {"a", {"1"}}});
  write(path("live/.gitattributes"), "* filter=evil\n");
  write(path("live/a"), "2");
  const auto made = commit_hand_edit(
      git_,
      {.parent = parent, .directory = path("live"), .files = {"a"}, .message = "m", .who = who_});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(file(*made, "a"), "2");
  EXPECT_FALSE(exists(path("ran")));
}

}  // namespace
}  // namespace livefix::releases
