#include "control/missed_change.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace livefix::control {
namespace {

namespace fs = std::filesystem;

class MissedChange : public ::testing::Test {
 protected:
  MissedChange()
      : directory_(fs::path(::testing::TempDir()) / ("missed-" + std::to_string(getpid()))) {
    fs::create_directories(directory_ / "src");
    fs::create_directories(directory_ / "node_modules");
    spec_.extensions = {"js"};
    spec_.ignored_directories = {"node_modules"};
  }
  ~MissedChange() override { fs::remove_all(directory_); }

  // Returns the time of the change, as the file system keeps it.
  std::chrono::system_clock::time_point save(const std::string& path) {
    std::ofstream(directory_ / path) << "1";
    struct stat status{};
    EXPECT_EQ(stat((directory_ / path).c_str(), &status), 0);
    return std::chrono::system_clock::time_point(
        std::chrono::duration_cast<std::chrono::system_clock::duration>(
            std::chrono::seconds(status.st_ctim.tv_sec) +
            std::chrono::nanoseconds(status.st_ctim.tv_nsec)));
  }

  const fs::path directory_;
  WatchSpec spec_;
};

TEST_F(MissedChange, SeesWhatWasSavedLater) {
  const auto time = save("src/cart.js");
  EXPECT_TRUE(saved_after(directory_, spec_, time - std::chrono::milliseconds(1)));
  EXPECT_FALSE(saved_after(directory_, spec_, time));
}

TEST_F(MissedChange, PassesOverWhatIsNotWatched) {
  const auto time = save("src/notes.txt");
  save("node_modules/x.js");
  EXPECT_FALSE(saved_after(directory_, spec_, time - std::chrono::hours(1)));
  spec_.files = {"src/notes.txt"};
  EXPECT_TRUE(saved_after(directory_, spec_, time - std::chrono::hours(1)));
}

TEST_F(MissedChange, IsNotFooledByAnOldTime) {
  const auto time = save("old.js");
  const timespec times[2] = {{1, 0}, {1, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, (directory_ / "old.js").c_str(), times, 0), 0);
  EXPECT_TRUE(saved_after(directory_, spec_, time - std::chrono::milliseconds(1)));
}

}  // namespace
}  // namespace livefix::control
