#include "os/small_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace livefix::os {
namespace {

class SmallFile : public ::testing::Test {
 public:
  SmallFile() {
    char name[] = "/tmp/livefix-small-file-XXXXXX";
    directory_ = mkdtemp(name);
  }
  ~SmallFile() override { std::filesystem::remove_all(directory_); }

 protected:
  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  std::string directory_;
};

TEST_F(SmallFile, IsReadWholeUpToTheBound) {
  std::ofstream(path("text")) << std::string(1000, 'x');
  EXPECT_EQ(read_small_file(path("text"), 1000).value_or(""), std::string(1000, 'x'));
  EXPECT_FALSE(read_small_file(path("text"), 999));
}

TEST_F(SmallFile, WhatIsNoFileIsNotWaitedFor) {
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(read_small_file(path("fifo"), 10).error().message, "it is no regular file; name one");
  EXPECT_EQ(read_small_file("/dev/zero", 10).error().message, "it is no regular file; name one");
  EXPECT_EQ(read_small_file(directory_, 10).error().message, "it is a directory; name a file");
}

TEST_F(SmallFile, TellsWhyTheSystemRefuses) {
  EXPECT_EQ(read_small_file(path("none"), 10).error().os_error, ENOENT);
}

}  // namespace
}  // namespace livefix::os
