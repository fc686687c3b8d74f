#include "os/file_update.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>
#include <vector>

#include "os/small_file.h"

namespace livefix::os {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargest = 4096;

class FileUpdate : public testing::Test {
 protected:
  FileUpdate() {
    std::string path = fs::temp_directory_path() / "livefix-update-XXXXXX";
    directory_ = mkdtemp(path.data());
    file_ = directory_ / "file";
  }
  ~FileUpdate() override { fs::remove_all(directory_); }
  std::string text() const { return read_small_file(file_, kLargest).value_or("none"); }

  fs::path directory_;
  std::string file_;
};

TEST_F(FileUpdate, BeginsWithNothingAndGoesOnWithWhatIsThere) {
  const auto append = [](const std::string& before) { return Result<std::string>(before + "x"); };
  ASSERT_TRUE(update_file(file_, 0600, kLargest, append));
  ASSERT_TRUE(update_file(file_, 0600, kLargest, append));
  EXPECT_EQ(text(), "xx");
  struct stat status{};
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(FileUpdate, ARefusedChangeLeavesTheFileAlone) {
  ASSERT_TRUE(update_file(file_, 0600, kLargest, [](const auto&) { return "first"; }));
  const auto refused = update_file(file_, 0600, kLargest, [](const auto&) -> Result<std::string> {
    return fail("no such thing");
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "no such thing");
  EXPECT_EQ(text(), "first");
}

TEST_F(FileUpdate, WhatCannotBeReadIsNotWrittenOver) {
  fs::create_directory(file_);
  EXPECT_FALSE(update_file(file_, 0600, kLargest, [](const auto&) { return "new"; }));
  EXPECT_TRUE(fs::is_directory(file_));
}

TEST_F(FileUpdate, NoChangeOfManyIsLost) {
  constexpr int kWriters = 4;
  constexpr int kChanges = 10;
  std::vector<std::jthread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([this] {
      for (int j = 0; j < kChanges; ++j) {
        EXPECT_TRUE(update_file(file_, 0600, kLargest, [](const std::string& before) {
          return Result<std::string>(before + "x");
        }));
      }
    });
  }
  writers.clear();
  EXPECT_EQ(text(), std::string(kWriters * kChanges, 'x'));
}

}  // namespace
}  // namespace livefix::os
