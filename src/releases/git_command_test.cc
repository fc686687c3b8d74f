#include "releases/git_command.h"

#include "releases/git_fixture.h"

namespace livefix::releases {
namespace {

using GitCommand = GitFixture;

TEST_F(GitCommand, FailsWithWhatGitSaysLast) {
  const auto failed = git_.ask({"cat-file", "blob", "nothing"});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "git cat-file: fatal: Not a valid object name nothing");
  const auto silent = git_.run({.arguments = {"rev-parse", "--verify", "--quiet", "nothing"}});
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().message, "git rev-parse ended with 1");
  const auto answer =
      git_.run({.arguments = {"rev-parse", "--verify", "--quiet", "nothing"}, .highest_answer = 1});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->exit_status, 1);
}

TEST_F(GitCommand, CutsOnlyWhatMayBeCut) {
  const auto large = blob(std::string(100'000, 'x'));
  GitCall call{.arguments = {"cat-file", "blob", large.hex()}, .most_output = 1000};
  const auto refused = git_.run(call);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "git cat-file: git prints too much");
  call.cut_output = true;
  const auto cut = git_.run(call);
  ASSERT_TRUE(cut);
  EXPECT_TRUE(cut->cut);
  EXPECT_EQ(cut->output.size(), 1000U);
}

// Sets variables as a user's shell may have them.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

TEST_F(GitCommand, ReadsNoConfigurationOfTheUser) {
  write(path("config"), "[user]\n\tname = somebody\n");
  const Variable global("GIT_CONFIG_GLOBAL", path("config"));
  const Variable directory("GIT_DIR", "/nonexistent");
  const Variable index("GIT_INDEX_FILE", "/nonexistent");
  const auto asked = git_.run({.arguments = {"config", "--get", "user.name"}, .highest_answer = 1});
  ASSERT_TRUE(asked) << asked.error().message;
  EXPECT_EQ(asked->exit_status, 1) << asked->output;
}

TEST_F(GitCommand, RunsNoHookAndNoMonitorOfTheRepository) {
  const auto touch = "#!/bin/sh\ntouch " + path("ran") + "\n";
  for (const char* name : {"post-index-change", "reference-transaction", "monitor"}) {
    write(git_.git_dir() + "/hooks/" + name, touch);
    std::filesystem::permissions(git_.git_dir() + "/hooks/" + name,
                                 std::filesystem::perms::owner_all);
  }
  ASSERT_TRUE(git_.ask({"config", "core.fsmonitor", git_.git_dir() + "/hooks/monitor"}));
  const auto made = commit({{"a", {"1"}}});
  ASSERT_TRUE(git_.ask({"read-tree", made.hex()}));
  EXPECT_FALSE(exists(path("ran")));
}

TEST_F(GitCommand, SeesWhatIsBeingPushedOnlyWithItsQuarantine) {
  const auto pushed = push({{"a", {"1"}}});
  EXPECT_FALSE(git_.ask({"cat-file", "-e", pushed.commit.hex()}));
  const auto within = git_.within(pushed.quarantine);
  ASSERT_TRUE(within) << within.error().message;
  EXPECT_TRUE(within->ask({"cat-file", "-e", pushed.commit.hex()}));
  EXPECT_FALSE(within->ask({"update-ref", "refs/heads/x", pushed.commit.hex()}))
      << "no ref may point to what can go away";
}

TEST_F(GitCommand, TakesNoQuarantineThatIsGoneOrSomebodyElses) {
  const auto pushed = push({{"a", {"1"}}});
  auto elsewhere = pushed.quarantine;
  elsewhere.object_directory = path("elsewhere");
  std::filesystem::create_directory(path("elsewhere"));
  const auto refused = git_.within(elsewhere);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("are expected in"), std::string::npos);

  std::filesystem::remove_all(pushed.quarantine.object_directory);
  const auto gone = git_.within(pushed.quarantine);
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().message.find("push again"), std::string::npos);
}

TEST_F(GitCommand, DoesNotReadReplacedObjects) {
  const auto real = commit({{"a", {"real"}}});
  const auto fake = commit({{"a", {"fake"}}}, "fake");
  ASSERT_TRUE(git_.ask({"update-ref", "refs/replace/" + real.hex(), fake.hex()}));
  EXPECT_EQ(git_.ask({"cat-file", "blob", real.hex() + ":a"}), "real");
}

TEST(SplitList, KeepsEmptyEntriesThatAreEnded) {
  using namespace std::string_view_literals;
  const std::vector<std::string_view> expected{"a"sv, ""sv, "b"sv};
  EXPECT_EQ(split_list("a\0\0b\0"sv), expected);
  EXPECT_EQ(split_list("a\0\0b"sv), expected);
  EXPECT_TRUE(split_list("").empty());
}

}  // namespace
}  // namespace livefix::releases
