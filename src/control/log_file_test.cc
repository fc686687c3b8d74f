#include "control/log_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace livefix::control {
namespace {

class LogFileTest : public ::testing::Test {
 protected:
  LogFileTest() {
    char name[] = "/tmp/livefix-log-file-XXXXXX";
    directory_ = mkdtemp(name);
  }
  ~LogFileTest() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name = "access.log") const { return directory_ + "/" + name; }
  static void write(const os::Fd& file, std::string_view text) {
    EXPECT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string problem_of(const std::string& name) const {
    const auto file = LogFile(path(name)).open();
    return file ? "" : file.error().message;
  }

  std::string directory_;
};

TEST_F(LogFileTest, IsMadeForItsOwnerAndGroup) {
  const mode_t before = umask(0);
  const auto file = LogFile(path()).open();
  umask(before);
  ASSERT_TRUE(file);
  struct stat status{};
  ASSERT_EQ(fstat(file->get(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
}

TEST_F(LogFileTest, IsAppendedTo) {
  std::ofstream(path()) << "before\n";
  const auto file = LogFile(path()).open();
  ASSERT_TRUE(file);
  write(*file, "after\n");
  EXPECT_EQ(std::filesystem::file_size(path()), 13U);
  std::filesystem::resize_file(path(), 0);  // as logrotate's copytruncate does
  write(*file, "new\n");
  EXPECT_EQ(std::filesystem::file_size(path()), 4U);
}

TEST_F(LogFileTest, IsElsewhereOnceItIsRenamedRemovedOrReplaced) {
  LogFile log(path());
  EXPECT_TRUE(log.is_elsewhere());
  ASSERT_TRUE(log.open());
  EXPECT_FALSE(log.is_elsewhere());
  std::filesystem::rename(path(), path("access.log.1"));
  EXPECT_TRUE(log.is_elsewhere());
  std::ofstream(path()) << "somebody else's";
  EXPECT_TRUE(log.is_elsewhere());
  ASSERT_TRUE(log.open());
  EXPECT_FALSE(log.is_elsewhere());
  std::filesystem::remove(path());
  EXPECT_TRUE(log.is_elsewhere());
}

TEST_F(LogFileTest, SaysWhatIsWrongWithIt) {
  EXPECT_EQ(problem_of("none/access.log"),
            path("none/access.log") + ": its directory is not there; make it");
  std::filesystem::create_directory(path("logs"));
  EXPECT_EQ(problem_of("logs"), path("logs") + ": it is a directory; name a file in it");
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(problem_of("fifo"),
            path("fifo") + ": it is a FIFO that nobody reads, or a socket; start its reader");
}

}  // namespace
}  // namespace livefix::control
