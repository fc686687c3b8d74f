// livefix token, with its file.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <tuple>

#include "cli/commands.h"
#include "cli/temporary_tree.h"
#include "model/token_change.h"
#include "os/small_file.h"

namespace livefix::cli {
namespace {

class TokenCommand : public testing::Test {
 protected:
  TokenCommand() : before_(std::filesystem::current_path()) {
    unsetenv("LIVEFIX_DIR");
    std::filesystem::current_path(tree_.path());
  }
  ~TokenCommand() override {
    std::filesystem::current_path(before_);
    unsetenv("LIVEFIX_DIR");
  }

  int token(const std::vector<std::string>& words) {
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    const auto outcome = manage_tokens(words);
    fflush(stdout);
    output_ = testing::internal::GetCapturedStdout();
    errors_ = testing::internal::GetCapturedStderr();
    return std::get<int>(outcome);
  }
  std::string contents(const std::string& directory = ".livefix") const {
    return os::read_small_file(tree_.path(directory + "/tokens"), kMaxTokenFile).value_or("none");
  }
  std::vector<Token> tokens(const std::string& directory = ".livefix") const {
    return parse_tokens(contents(directory)).value_or(std::vector<Token>{});
  }

  std::filesystem::path before_;
  TemporaryTree tree_;
  std::string output_;
  std::string errors_;
};

TEST_F(TokenCommand, AddPrintsTheTokenOnceAndKeepsItsDigest) {
  ASSERT_EQ(token({"add", "ci"}), 0) << errors_;
  ASSERT_TRUE(output_.ends_with('\n'));
  const std::string secret = output_.substr(0, output_.size() - 1);
  EXPECT_GE(secret.size(), 64U);
  EXPECT_EQ(secret.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string::npos);
  EXPECT_EQ(errors_.find(secret), std::string::npos);
  EXPECT_EQ(contents().find(secret), std::string::npos);
  ASSERT_EQ(tokens().size(), 1U);
  EXPECT_EQ(tokens()[0].digest, Token::digest_of(secret));
  EXPECT_EQ(tokens()[0].scopes, std::vector{Scope::push});
  struct stat status{};
  ASSERT_EQ(stat(tree_.path(".livefix/tokens").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);

  ASSERT_EQ(token({"list"}), 0);
  EXPECT_EQ(output_.find(secret.substr(8)), std::string::npos);
}

TEST_F(TokenCommand, OptionsStandAnywhere) {
  EXPECT_EQ(token({"add", "--scope", "read", "anna", "--state", "here"}), 0) << errors_;
  EXPECT_EQ(token({"--scope=admin", "--state", "here", "add", "root"}), 0) << errors_;
  ASSERT_EQ(tokens("here").size(), 2U);
  EXPECT_EQ(tokens("here")[0].scopes, std::vector{Scope::read});
  EXPECT_EQ(tokens("here")[1].scopes, std::vector{Scope::admin});
  EXPECT_EQ(contents(), "none");
}

TEST_F(TokenCommand, TheStateIsWhereLivefixDirSays) {
  setenv("LIVEFIX_DIR", tree_.path("there").c_str(), 1);
  EXPECT_EQ(token({"add", "ci"}), 0) << errors_;
  EXPECT_EQ(tokens("there").size(), 1U);
  EXPECT_EQ(token({"add", "ci", "--state", "here"}), 0) << errors_;
  EXPECT_EQ(tokens("here").size(), 1U);
}

TEST_F(TokenCommand, ListNamesWhatThereIs) {
  EXPECT_EQ(token({"list"}), 0);
  EXPECT_NE(errors_.find("no tokens in " + tree_.path(".livefix/tokens")), std::string::npos)
      << errors_;
  EXPECT_FALSE(std::filesystem::exists(tree_.path(".livefix")));
  token({"add", "continuous", "--scope", "read"});
  token({"add", "ci"});
  EXPECT_EQ(token({"list"}), 0);
  EXPECT_NE(output_.find("continuous  read "), std::string::npos) << output_;
  EXPECT_NE(output_.find("ci          push "), std::string::npos) << output_;
}

TEST_F(TokenCommand, RemoveTakesOneAway) {
  token({"add", "ci"});
  token({"add", "anna"});
  EXPECT_EQ(token({"remove", "ci"}), 0) << errors_;
  EXPECT_EQ(output_, "token ci removed\n");
  ASSERT_EQ(tokens().size(), 1U);
  EXPECT_EQ(tokens()[0].name, "anna");
  EXPECT_EQ(token({"remove", "ana"}), 1);
  EXPECT_NE(errors_.find("did you mean anna?"), std::string::npos) << errors_;
  EXPECT_EQ(token({"remove", "ci", "--state", "nowhere"}), 1);
  EXPECT_FALSE(std::filesystem::exists(tree_.path("nowhere")));
}

TEST_F(TokenCommand, ANameIsTakenOnce) {
  token({"add", "ci"});
  const auto first = contents();
  EXPECT_EQ(token({"add", "ci"}), 1);
  EXPECT_EQ(output_, "");
  EXPECT_NE(errors_.find("livefix token remove ci"), std::string::npos) << errors_;
  EXPECT_EQ(contents(), first);
}

TEST_F(TokenCommand, EachChangeIsInTheJournalWithWhoMadeIt) {
  setenv("SUDO_USER", "anna", 1);
  token({"add", "ci"});
  token({"add", "metrics", "--scope", "read"});
  setenv("SUDO_USER", "bob", 1);
  token({"remove", "ci"});
  token({"remove", "ci"});
  token({"add", "metrics"});
  unsetenv("SUDO_USER");
  const auto all = parse_token_register(contents());
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_EQ(all->changes.size(), 3U) << "what is refused is none";
  const auto& [added, second, removed] =
      std::tie(all->changes[0], all->changes[1], all->changes[2]);
  EXPECT_EQ(added.who, "anna");
  EXPECT_EQ(added.token, "ci");
  EXPECT_EQ(second.scope, Scope::read);
  EXPECT_EQ(removed.what, TokenChange::What::remove);
  EXPECT_EQ(removed.who, "bob");
  EXPECT_EQ(removed.token, "ci");
  EXPECT_EQ(removed.scope, Scope::push);
  EXPECT_EQ(removed.number, 3U);
}

TEST_F(TokenCommand, AFileWithoutAJournalGetsOne) {
  const std::vector<Token> old{{"ci", {Scope::push}, Token::digest_of("x"), "then"}};
  tree_.file(".livefix/tokens", tokens_to_json(old));
  EXPECT_EQ(token({"remove", "ci"}), 0) << errors_;
  const auto all = parse_token_register(contents());
  ASSERT_TRUE(all && all->changes.size() == 1);
  EXPECT_EQ(all->changes[0].number, 1U);
}

TEST_F(TokenCommand, AJournalThatIsNoneIsLeftAlone) {
  const std::string kBroken = R"({"tokens":[],"changes":[{"number":1}]})";
  tree_.file(".livefix/tokens", kBroken);
  EXPECT_EQ(token({"add", "ci"}), 1);
  EXPECT_NE(errors_.find(".livefix/tokens: one of its changes is not as livefix token writes"),
            std::string::npos)
      << errors_;
  EXPECT_EQ(contents(), kBroken);
}

TEST_F(TokenCommand, WhatIsWrongIsSaidAndNothingIsMade) {
  EXPECT_EQ(token({}), kUsageError);
  EXPECT_EQ(token({"add"}), kUsageError);
  EXPECT_EQ(token({"add", "a", "b"}), kUsageError);
  EXPECT_EQ(token({"list", "a"}), kUsageError);
  EXPECT_EQ(token({"drop", "a"}), kUsageError);
  EXPECT_EQ(token({"add", "C I"}), kUsageError);
  EXPECT_NE(errors_.find("\"C I\" cannot be a name"), std::string::npos) << errors_;
  EXPECT_EQ(token({"add", "ci", "--scope", "all"}), kUsageError);
  EXPECT_NE(errors_.find("push, read, admin"), std::string::npos) << errors_;
  EXPECT_EQ(token({"add", "ci", "--stat", "x"}), kUsageError);
  EXPECT_FALSE(std::filesystem::exists(tree_.path(".livefix")));
}

TEST_F(TokenCommand, AFileThatIsNotItsOwnIsLeftAlone) {
  tree_.file(".livefix/tokens", "mine");
  for (const auto* verb : {"add", "remove"}) {
    EXPECT_EQ(token({verb, "ci"}), 1);
    EXPECT_NE(errors_.find(".livefix/tokens: it is not {\"tokens\":"), std::string::npos)
        << errors_;
  }
  EXPECT_EQ(token({"list"}), 1);
  EXPECT_EQ(contents(), "mine");
}

}  // namespace
}  // namespace livefix::cli
