#include "releases/commit_reader.h"

#include "releases/git_fixture.h"

namespace livefix::releases {
namespace {

using CommitReader = GitFixture;

TEST_F(CommitReader, ResolvesNamesAndSaysWhatThereIsNot) {
  const auto first = commit({{"a", {"1"}}});
  EXPECT_EQ(resolve(git_, "main"), first);
  EXPECT_EQ(resolve(git_, first.hex().substr(0, 8)), first);
  const auto missing = resolve(git_, "v1");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "there is no commit \"v1\" in " + git_.git_dir());
  EXPECT_FALSE(resolve(git_, std::string(40, 'a'))) << "well-formed, and not there";
  EXPECT_FALSE(resolve(git_, "main:a")) << "a file is no commit";
}

TEST_F(CommitReader, TakesNoNameForAnOption) {
  commit({{"a", {"1"}}});
  for (const char* name :
       {"--all", "--exec-path", "-h", "--git-dir", "", "main\nmain", "main main"}) {
    EXPECT_FALSE(resolve(git_, name)) << name;
  }
}

TEST_F(CommitReader, ReadsWhoAndWhen) {
  const auto first = commit({{"a", {"1"}}}, "main", "first\n");
  const auto second = commit({{"a", {"2"}}}, "main", "a subject\nof two lines\n\nand a body\n");
  const auto read = read_commit(git_, second);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->id, second);
  EXPECT_EQ(read->id.short_hex(), second.hex().substr(0, 7));
  EXPECT_EQ(read->parents, std::vector{first});
  EXPECT_EQ(read->subject, "a subject of two lines");
  EXPECT_EQ(read->author_name, "Ada");
  EXPECT_EQ(read->author_email, "ada@example.com");
  EXPECT_EQ(read->time, 1700000100);
  EXPECT_TRUE(read_commit(git_, commit({}, "empty", ""))) << "without a message";
  EXPECT_FALSE(read_commit(git_, *ObjectId::parse(std::string(40, 'a'))));
}

TEST_F(CommitReader, ListsWhatIsNew) {
  const auto first = commit({{"a", {"1"}}}, "main", "first");
  const auto second = commit({{"a", {"2"}}}, "main", "second");
  const auto third = commit({{"a", {"3"}}}, "main", "third");
  const auto log = read_log(git_, first, third, 10);
  ASSERT_TRUE(log) << log.error().message;
  ASSERT_EQ(log->size(), 2U);
  EXPECT_EQ((*log)[0].subject, "third");
  EXPECT_EQ((*log)[1].id, second);
  EXPECT_EQ(read_log(git_, first, third, 1)->size(), 1U);
  EXPECT_TRUE(read_log(git_, third, first, 10)->empty());
}

TEST_F(CommitReader, KnowsAncestors) {
  const auto first = commit({{"a", {"1"}}});
  const auto second = commit({{"a", {"2"}}});
  EXPECT_EQ(is_ancestor(git_, first, second), true);
  EXPECT_EQ(is_ancestor(git_, first, first), true);
  EXPECT_EQ(is_ancestor(git_, second, first), false);
  EXPECT_FALSE(is_ancestor(git_, first, *ObjectId::parse(std::string(40, 'a'))));
}

TEST_F(CommitReader, ListsChangedFilesWhateverTheyAreCalled) {
  const auto first = commit({{"gone", {"text of a file"}}, {"kept", {"1"}}, {"link", {"1"}}});
  const auto second = commit({{"a/new\nline", {"text of a file"}},
                              {"-rf \"q\"", {"x"}},
                              {"kept", {"2"}},
                              {"link", {"kept", "120000"}}});
  const auto files = changed_files(git_, first, second);
  ASSERT_TRUE(files) << files.error().message;
  const std::vector<ChangedFile> expected{
      {'A', "-rf \"q\""}, {'A', "a/new\nline"}, {'D', "gone"}, {'M', "kept"}, {'T', "link"}};
  EXPECT_EQ(*files, expected);
  EXPECT_TRUE(changed_files(git_, first, first)->empty());
}

TEST_F(CommitReader, KnowsWhichDirectoriesAreTheSame) {
  const auto first = commit({{"shop/a", {"1"}}, {"mail/a", {"1"}}, {"*/a", {"9"}}});
  const auto second = commit({{"shop/a", {"1"}}, {"mail/a", {"2"}}, {"*/a", {"9"}}});
  const auto tree = [&](const ObjectId& of, const char* directory) {
    const auto result = directory_tree(git_, of, directory);
    return result ? *result : std::nullopt;
  };
  EXPECT_TRUE(tree(first, "shop"));
  EXPECT_EQ(tree(first, "shop"), tree(second, "shop/"));
  EXPECT_NE(tree(first, "mail"), tree(second, "mail"));
  EXPECT_NE(tree(first, "*"), tree(first, "shop")) << "a name is no pattern";
  EXPECT_NE(tree(first, ""), tree(second, ""));
  for (const char* absent : {"shop/a", "sho", "../shop", "shop/.."}) {
    EXPECT_FALSE(tree(first, absent)) << absent;
  }
}

TEST_F(CommitReader, FindsSeveralDirectoriesAtOnce) {
  const auto first = commit({{"shop/a", {"1"}}, {"my mail/a", {"1"}}, {"file", {"1"}}});
  const auto nowhere = *ObjectId::parse(std::string(40, 'a'));
  const auto found = directory_trees(git_, {{first, ""},
                                            {first, "shop/"},
                                            {first, "my mail"},
                                            {first, "file"},
                                            {first, "sho"},
                                            {nowhere, ""}});
  ASSERT_TRUE(found) << found.error().message;
  const std::vector<std::optional<ObjectId>> expected{*directory_tree(git_, first, ""),
                                                      *directory_tree(git_, first, "shop"),
                                                      *directory_tree(git_, first, "my mail"),
                                                      std::nullopt,
                                                      std::nullopt,
                                                      std::nullopt};
  EXPECT_EQ(*found, expected);
  for (const char* wrong : {"..", "shop/..", "shop\nmail"}) {
    EXPECT_FALSE(directory_trees(git_, {{first, wrong}})) << wrong;
  }
}

TEST_F(CommitReader, CutsALongDiffAndSaysSo) {
  const auto first = commit({{"a", {"one\n"}}});
  const auto second = commit({{"a", {"two\n"}}});
  const auto whole = diff_text(git_, first, second, 10'000);
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_FALSE(whole->cut);
  EXPECT_NE(whole->text.find("-one\n+two\n"), std::string::npos) << whole->text;
  const auto cut = diff_text(git_, first, second, 20);
  ASSERT_TRUE(cut);
  EXPECT_TRUE(cut->cut);
  EXPECT_EQ(cut->text, whole->text.substr(0, 20));
}

TEST_F(CommitReader, ShowsDiffsWithoutTheProgramsThatACommitNames) {
  ASSERT_TRUE(git_.ask({"config", "diff.evil.command", "touch " + path("ran") + ";"}));
  ASSERT_TRUE(git_.ask({"config", "diff.evil.textconv", "touch " + path("ran") + "; cat"}));
  const auto attributes = FixtureFile{"* diff=evil\nb -diff\n"};
  const auto first = commit({{".gitattributes", attributes}, {"a", {"1\n"}}, {"b", {"1\n"}}});
  const auto second = commit({{".gitattributes", attributes}, {"a", {"2\n"}}, {"b", {"2\n"}}});
  const auto diff = diff_text(git_, first, second, 10'000);
  ASSERT_TRUE(diff) << diff.error().message;
  EXPECT_EQ(diff->text.find("Binary files"), std::string::npos) << "nothing is hidden";
  EXPECT_FALSE(exists(path("ran")));
}

TEST_F(CommitReader, ReadsWhatIsBeingPushed) {
  const auto first = commit({{"a", {"1"}}});
  const auto pushed = push({{"a", {"2"}}});
  const auto within = git_.within(pushed.quarantine);
  ASSERT_TRUE(within);
  EXPECT_EQ(resolve(*within, pushed.commit.hex()), pushed.commit);
  EXPECT_EQ(changed_files(*within, first, pushed.commit)->size(), 1U);
}

}  // namespace
}  // namespace livefix::releases
