#include "control/notify_cursor.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace livefix::control {
namespace {

class NotifyCursorTest : public ::testing::Test {
 protected:
  NotifyCursorTest() {
    char pattern[] = "/tmp/livefix-notified-XXXXXX";
    directory_ = mkdtemp(pattern);
  }
  ~NotifyCursorTest() override { std::filesystem::remove_all(directory_); }

  std::string file() const { return (directory_ / "notified").string(); }
  void write(const std::string& text) const { std::ofstream(file()) << text; }
  // As a control does that follows one which was killed.
  NotifyCursor anew() const {
    NotifyCursor cursor(file());
    EXPECT_TRUE(cursor.read());
    return cursor;
  }

  std::filesystem::path directory_;
};

TEST_F(NotifyCursorTest, OutlivesWhoWroteIt) {
  NotifyCursor cursor = anew();
  EXPECT_EQ(cursor.of("a"), std::nullopt);
  ASSERT_TRUE(cursor.begin({"a", "b"}, 7));
  ASSERT_TRUE(cursor.move("a", 9));
  ASSERT_TRUE(cursor.move("a", 8)) << "never back";
  const NotifyCursor next = anew();
  EXPECT_EQ(next.of("a"), 9U);
  EXPECT_EQ(next.of("b"), 7U);
  struct stat status{};
  ASSERT_EQ(stat(file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(NotifyCursorTest, KeepsThoseWhoAreKnownAndForgetsTheOthers) {
  write("a 3\ngone 4\n");
  NotifyCursor cursor = anew();
  ASSERT_TRUE(cursor.begin({"a", "new"}, 7));
  EXPECT_EQ(cursor.of("a"), 3U);
  EXPECT_EQ(cursor.of("new"), 7U);
  EXPECT_EQ(anew().of("gone"), std::nullopt);
}

TEST_F(NotifyCursorTest, IsNotBeyondTheEndOfALedgerThatWasReplaced) {
  write("a 90\n");
  NotifyCursor cursor = anew();
  ASSERT_TRUE(cursor.begin({"a"}, 7));
  EXPECT_EQ(cursor.of("a"), 7U);
}

TEST_F(NotifyCursorTest, AFileThatIsNoneOfItsOwnIsToldAndWrittenAnew) {
  for (const auto* text :
       {"a", "a x\n", " 3\n", "a 3 4\n", "a -1\n", "\n", "a 99999999999999999999\n"}) {
    write(text);
    NotifyCursor cursor(file());
    const auto read = cursor.read();
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().message.find("written anew"), std::string::npos);
    ASSERT_TRUE(cursor.begin({"a"}, 7));
    EXPECT_EQ(anew().of("a"), 7U);
  }
}

TEST_F(NotifyCursorTest, RemembersWhatCannotBeWritten) {
  NotifyCursor cursor((directory_ / "none" / "notified").string());
  EXPECT_FALSE(cursor.begin({"a"}, 7));
  EXPECT_FALSE(cursor.move("a", 8));
  EXPECT_EQ(cursor.of("a"), 8U);
}

}  // namespace
}  // namespace livefix::control
