#include "os/file_replacement.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "os/small_file.h"

namespace livefix::os {
namespace {

namespace fs = std::filesystem;

class FileReplacement : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = fs::temp_directory_path() / "livefix-file-XXXXXX";
    ASSERT_TRUE(mkdtemp(path.data()));
    directory_ = path;
  }
  void TearDown() override { fs::remove_all(directory_); }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory_), {}));
  }

  fs::path directory_;
};

TEST_F(FileReplacement, WritesAFileAndTakesThePlaceOfAnother) {
  const std::string path = directory_ / "key";
  ASSERT_TRUE(replace_file(path, "one", 0644));
  ASSERT_TRUE(replace_file(path, "two", 0600));
  EXPECT_EQ(read_small_file(path, 100), "two");
  struct stat info{};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600U);
  EXPECT_EQ(entries(), 1U) << "nothing is left beside it";
}

TEST_F(FileReplacement, WritesAFileInItsPlace) {
  const std::string path = directory_ / "card";
  ASSERT_TRUE(write_file(path, "a long text", 0644));
  ASSERT_TRUE(write_file(path, "short", 0644));
  EXPECT_EQ(read_small_file(path, 100), "short");
  fs::create_symlink(path, directory_ / "link");
  EXPECT_FALSE(write_file(directory_ / "link", "x", 0644)) << "what a link leads to is not ours";
  EXPECT_FALSE(write_file(directory_ / "missing" / "file", "x", 0644));
}

TEST_F(FileReplacement, LeavesWhatIsThereWhenItFails) {
  const fs::path taken = directory_ / "taken";
  fs::create_directory(taken);
  const auto failed = replace_file(taken, "text", 0644);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().os_error, 0);
  EXPECT_TRUE(fs::is_directory(taken));
  EXPECT_EQ(entries(), 1U);
  EXPECT_FALSE(replace_file(directory_ / "missing" / "file", "text", 0644));
}

}  // namespace
}  // namespace livefix::os
