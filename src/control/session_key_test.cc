#include "control/session_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

namespace livefix::control {
namespace {

constexpr std::chrono::sys_seconds kLoggedIn{std::chrono::seconds(1'800'000'000)};

Token token_with(const std::string& secret = "one") {
  return {"anna", {Scope::read}, Token::digest_of(secret), "now"};
}

class SessionKeyTest : public ::testing::Test {
 protected:
  SessionKeyTest() {
    std::string path = std::filesystem::temp_directory_path() / "livefix-key-XXXXXX";
    directory_ = mkdtemp(path.data());
  }
  ~SessionKeyTest() override { std::filesystem::remove_all(directory_); }
  std::string path() const { return directory_ / "session-key"; }

  std::filesystem::path directory_;
};

TEST_F(SessionKeyTest, ASessionIsItsTokensUntilItsTimeIsOver) {
  const SessionKey key({1, 2, 3});
  const std::string cookie = key.issue(token_with(), kLoggedIn);
  const auto session =
      key.read(cookie, kLoggedIn + SessionKey::kLifetime - std::chrono::seconds(1));
  ASSERT_TRUE(session);
  EXPECT_TRUE(session->is_of(token_with()));
  EXPECT_FALSE(session->is_of(token_with("another"))) << "a new token of the same name";
  EXPECT_FALSE(key.read(cookie, kLoggedIn + SessionKey::kLifetime));
}

TEST_F(SessionKeyTest, WhatAnotherKeyHasMadeOrSomebodyHasChangedIsNone) {
  const SessionKey key({1, 2, 3});
  const std::string cookie = key.issue(token_with(), kLoggedIn);
  EXPECT_FALSE(SessionKey({1, 2, 4}).read(cookie, kLoggedIn));
  for (std::size_t i = 0; i < cookie.size(); ++i) {
    std::string forged = cookie;
    forged[i] = forged[i] == '1' ? '2' : '1';
    EXPECT_FALSE(key.read(forged, kLoggedIn)) << forged;
    EXPECT_FALSE(key.read(cookie.substr(0, i), kLoggedIn));
  }
  EXPECT_FALSE(key.read("", kLoggedIn));
  EXPECT_FALSE(key.read(".", kLoggedIn));
  EXPECT_FALSE(key.read(cookie + "0", kLoggedIn));
}

TEST_F(SessionKeyTest, TheKeyIsKeptForItsOwnerAlone) {
  const auto made = SessionKey::load(path());
  ASSERT_TRUE(made) << made.error().message;
  struct stat info{};
  ASSERT_EQ(stat(path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const auto again = SessionKey::load(path());
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->read(made->issue(token_with(), kLoggedIn), kLoggedIn))
      << "another control reads it";
}

TEST_F(SessionKeyTest, OneThatOthersMayReadOrThatIsNoKeyIsNotUsed) {
  ASSERT_TRUE(SessionKey::load(path()));
  ASSERT_EQ(chmod(path().c_str(), 0644), 0);
  const auto open = SessionKey::load(path());
  ASSERT_FALSE(open);
  EXPECT_NE(open.error().message.find("others may read it"), std::string::npos);
  ASSERT_EQ(chmod(path().c_str(), 0600), 0);
  std::filesystem::resize_file(path(), 5);
  const auto torn = SessionKey::load(path());
  ASSERT_FALSE(torn);
  EXPECT_NE(torn.error().message.find("remove it"), std::string::npos);
}

}  // namespace
}  // namespace livefix::control
