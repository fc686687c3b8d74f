#include "control/token_file.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "os/file_replacement.h"

namespace livefix::control {
namespace {

namespace fs = std::filesystem;

class TokenFileTest : public ::testing::Test {
 protected:
  TokenFileTest() {
    std::string path = fs::temp_directory_path() / "livefix-tokens-XXXXXX";
    directory_ = mkdtemp(path.data());
  }
  ~TokenFileTest() override { fs::remove_all(directory_); }

  void write(std::string_view secret, mode_t mode = 0600) const {
    const std::vector<Token> tokens{{"ci", {Scope::push}, Token::digest_of(secret), "now"}};
    ASSERT_TRUE(os::replace_file(path(), tokens_to_json(tokens), mode));
  }
  std::string path() const { return directory_ / "tokens"; }

  fs::path directory_;
  std::vector<std::string> complaints_;
};

TEST_F(TokenFileTest, IsLookedAtEachTime) {
  TokenFile file(path(), {});
  EXPECT_FALSE(file.find("one"));
  write("one");
  ASSERT_TRUE(file.find("one"));
  EXPECT_EQ(file.find("one")->name, "ci");
  write("two");
  EXPECT_FALSE(file.find("one"));
  EXPECT_TRUE(file.find("two"));
  fs::remove(path());
  EXPECT_FALSE(file.find("two"));
}

TEST_F(TokenFileTest, WhatWasDoneToTokensIsReadWithThem) {
  TokenFile file(path(), {});
  ASSERT_TRUE(file.look());
  EXPECT_TRUE(file.look()->changes.empty());
  const auto before = file.version();
  TokenRegister all;
  ASSERT_TRUE(all.note(TokenChange::What::remove, {"ci", {Scope::push}, {}, ""}, "anna",
                       "2026-11-26T01:40:00Z"));
  ASSERT_TRUE(os::replace_file(path(), token_register_to_json(all), 0600));
  ASSERT_TRUE(file.look());
  EXPECT_EQ(file.look()->changes, all.changes);
  EXPECT_EQ(file.version(), before + 1);
  ASSERT_TRUE(os::replace_file(path(), R"({"tokens":[],"changes":[7]})", 0600));
  EXPECT_EQ(file.look(), nullptr);
}

TEST_F(TokenFileTest, WhatCannotBeUsedLetsNobodyInAndIsSaidOnce) {
  TokenFile file(path(), [this](std::string text) { complaints_.push_back(std::move(text)); });
  write("one");
  EXPECT_TRUE(file.find("one"));
  ASSERT_TRUE(os::replace_file(path(), "{", 0600));
  EXPECT_FALSE(file.find("one"));
  EXPECT_FALSE(file.find("one"));
  EXPECT_EQ(complaints_.size(), 1U);
  EXPECT_NE(complaints_.at(0).find(path() + ": it is not {\"tokens\""), std::string::npos);
  write("one", 0622);
  EXPECT_FALSE(file.find("one"));
  EXPECT_EQ(complaints_.size(), 2U);
  write("one");
  EXPECT_TRUE(file.find("one"));
}

}  // namespace
}  // namespace livefix::control
