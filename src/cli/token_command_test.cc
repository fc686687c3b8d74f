// livefix token, with its file.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "cli/commands.h"
#include "cli/temporary_tree.h"
#include "model/token.h"
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
