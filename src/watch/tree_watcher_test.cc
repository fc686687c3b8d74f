#include "watch/tree_watcher.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace livefix::watch {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Paths = std::vector<std::string>;

constexpr int kPatience = 5000;  // milliseconds; only ever spent when a test fails

// A temporary tree, and a clock that the test moves.
class TreeWatcherTest : public testing::Test {
 protected:
  TreeWatcherTest() {
    char pattern[] = "/tmp/livefix-watch-XXXXXX";
    root_ = mkdtemp(pattern);
    spec_.extensions = {"js", "json", "env"};
    write("server.js", "one");
    write("src/cart.js", "one");
    write("node_modules/x/index.js", "one");
  }
  ~TreeWatcherTest() override { fs::remove_all(root_); }

  std::string at(const std::string& path) const { return (root_ / path).string(); }

  void write(const std::string& path, const std::string& contents) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << contents;
  }
  void rename(const std::string& from, const std::string& to) const {
    fs::rename(root_ / from, root_ / to);
  }
  // So that no file counts as modified just now; how a tree that was not just written looks.
  void age_files() const {
    for (const auto& entry : fs::recursive_directory_iterator(root_)) {
      const timespec old[2] = {{1'600'000'000, 0}, {1'600'000'000, 0}};
      utimensat(AT_FDCWD, entry.path().c_str(), old, AT_SYMLINK_NOFOLLOW);
    }
  }

  void start(std::size_t max_watches = TreeWatcher::kNoLimit) {
    age_files();
    auto created = TreeWatcher::create(root_.string(), spec_, max_watches);
    ASSERT_TRUE(created) << created.error().message;
    watcher_ = std::move(*created);
  }
  void learn_everything() {
    while (watcher_->learn_contents(2)) {
    }
  }

  // Takes in the events that are there; inotify queues them before the call that caused them ends.
  void take_in() { watcher_->read_events(now_); }
  bool wait_readable() const {
    pollfd ready{watcher_->fd(), POLLIN, 0};
    return poll(&ready, 1, kPatience) == 1;
  }
  // The next change when the owner keeps to the interface; what comes out of an idle watcher is {}.
  Paths change() {
    take_in();
    for (int turns = 0; turns < 10; ++turns) {
      const auto due = watcher_->due();
      if (!due) return {};
      now_ = std::max(now_, *due);
      if (auto change = watcher_->take_change(now_)) return change->paths;
    }
    ADD_FAILURE() << "the burst does not end";
    return {};
  }
  // When the tree is polled: the change that the next looks find.
  Paths polled_change() {
    for (int looks = 0; looks < 5; ++looks) {
      if (!wait_readable()) return {};
      if (auto paths = change(); !paths.empty()) return paths;
    }
    return {};
  }

  fs::path root_;
  WatchSpec spec_;
  std::unique_ptr<TreeWatcher> watcher_;
  TimePoint now_{1h};
};

TEST_F(TreeWatcherTest, CountsWhatItWatches) {
  write("README.md", "no");
  start();
  EXPECT_EQ(watcher_->file_count(), 2U);
  EXPECT_EQ(watcher_->warning(), "");
  EXPECT_FALSE(watcher_->due());
}

TEST_F(TreeWatcherTest, SeesASaveInPlaceAfterTheQuietPeriod) {
  start();
  write("src/cart.js", "two");
  ASSERT_TRUE(wait_readable());
  take_in();
  ASSERT_EQ(watcher_->due(), now_ + 8ms);
  EXPECT_FALSE(watcher_->take_change(now_ + 7ms));
  const auto change = watcher_->take_change(now_ + 8ms);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->paths, Paths{"src/cart.js"});
  EXPECT_FALSE(watcher_->due());
}

TEST_F(TreeWatcherTest, SeesASaveByRename) {
  start();
  write("src/.cart.js.tmp", "two");
  rename("src/.cart.js.tmp", "src/cart.js");
  EXPECT_EQ(change(), Paths{"src/cart.js"});
}

TEST_F(TreeWatcherTest, SeesOneSaveOfVimAndItsBackups) {
  start();
  learn_everything();
  write("src/4913", "");
  fs::remove(at("src/4913"));
  rename("src/cart.js", "src/cart.js~");
  take_in();
  now_ += 20ms;  // the file is missing for longer than the quiet period
  EXPECT_FALSE(watcher_->take_change(now_));
  write("src/cart.js", "two");
  write("src/.cart.js.swp", "x");
  fs::remove(at("src/cart.js~"));
  EXPECT_EQ(change(), Paths{"src/cart.js"});
  EXPECT_EQ(change(), Paths{});
}

TEST_F(TreeWatcherTest, MakesOneChangeOfManyFiles) {
  start();
  write("src/cart.js", "two");
  write("server.js", "two");
  write("src/deep/er/new.js", "one");
  take_in();
  EXPECT_EQ(watcher_->due(), now_ + 30ms);
  EXPECT_EQ(change(), (Paths{"server.js", "src/cart.js", "src/deep/er/new.js"}));
}

TEST_F(TreeWatcherTest, FindsFilesThatWereInANewDirectoryBeforeItWasWatched) {
  start();
  fs::create_directories(at("lib/a"));
  write("lib/a/one.js", "1");  // all of this before the watcher gets a look
  EXPECT_EQ(change(), Paths{"lib/a/one.js"});
  write("lib/a/one.js", "2");
  EXPECT_EQ(change(), Paths{"lib/a/one.js"});
}

TEST_F(TreeWatcherTest, FollowsADirectoryThatIsMoved) {
  start();
  rename("src", "source");
  EXPECT_EQ(change(), (Paths{"source/cart.js", "src/cart.js"}));
  write("source/cart.js", "two!");
  EXPECT_EQ(change(), Paths{"source/cart.js"});
}

TEST_F(TreeWatcherTest, SeesFilesAndDirectoriesThatAreRemoved) {
  start();
  fs::remove(at("server.js"));
  EXPECT_EQ(change(), Paths{"server.js"});
  fs::remove_all(at("src"));
  EXPECT_EQ(change(), Paths{"src/cart.js"});
  EXPECT_EQ(watcher_->file_count(), 0U);
}

TEST_F(TreeWatcherTest, DoesNotTakeTheSameContentsForAChange) {
  start();
  learn_everything();
  write("server.js", "one");
  EXPECT_EQ(change(), Paths{});
  write("copy.tmp", "one");
  rename("copy.tmp", "server.js");
  EXPECT_EQ(change(), Paths{});
  write("server.js", "two");
  EXPECT_EQ(change(), Paths{"server.js"});
  write("server.js", "six");  // the same size, and the same time if the clock ticks slowly
  EXPECT_EQ(change(), Paths{"server.js"});
}

TEST_F(TreeWatcherTest, TakesEverySaveForAChangeBeforeItHasReadTheFile) {
  start();
  write("server.js", "one");
  EXPECT_EQ(change(), Paths{"server.js"});
}

TEST_F(TreeWatcherTest, WaitsForAFileThatIsEmptyForAMoment) {
  start();
  write("server.js", "");
  take_in();
  const auto emptied = now_;
  now_ += 8ms;
  EXPECT_FALSE(watcher_->take_change(now_));
  EXPECT_EQ(watcher_->due(), emptied + 58ms);
  now_ += 10ms;
  write("server.js", "two");
  take_in();
  const auto change = watcher_->take_change(now_ + 8ms);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->paths, Paths{"server.js"});
}

TEST_F(TreeWatcherTest, BelievesAFileThatStaysEmpty) {
  start();
  write("server.js", "");
  EXPECT_EQ(change(), Paths{"server.js"});
}

TEST_F(TreeWatcherTest, WaitsUntilANewFileIsClosed) {
  start();
  std::ofstream file(at("big.js"));
  file << "begin" << std::flush;
  take_in();
  EXPECT_FALSE(watcher_->take_change(now_ + 100ms));
  file << "end";
  file.close();
  EXPECT_EQ(change(), Paths{"big.js"});
}

TEST_F(TreeWatcherTest, DoesNotWaitForAHardLinkToBeClosed) {
  write("made", "x");
  start();
  fs::create_hard_link(at("made"), at("linked.js"));
  take_in();
  EXPECT_TRUE(watcher_->take_change(now_ + 8ms));
}

TEST_F(TreeWatcherTest, LeavesIgnoredFilesAlone) {
  start();
  write("node_modules/x/index.js", "two");
  write("node_modules/y/index.js", "two");
  write(".git/index.json", "two");
  write("server.js~", "two");
  write("notes.txt", "two");
  write("logs/a.json", "two");
  EXPECT_EQ(change(), Paths{});
  EXPECT_FALSE(watcher_->due());
}

TEST_F(TreeWatcherTest, LeavesVirtualEnvironmentsOfAnyNameAlone) {
  write("myenv/pyvenv.cfg", "home = /usr/bin");
  write("myenv/lib/x.js", "one");
  start();
  EXPECT_EQ(watcher_->file_count(), 2U);
}

TEST_F(TreeWatcherTest, LeavesDirectoriesAloneThatGitIgnores) {
  if (std::system(("git init -q " + root_.string() + " 2>/dev/null").c_str()) != 0) {
    GTEST_SKIP() << "no git here";
  }
  write(".gitignore", "/out/\n*.env\n.env\nlocal.json\n");
  write("out/server.js", "one");
  write(".env", "A=1");
  write("config/local.json", "{}");
  start();
  write("out/server.js", "two");
  EXPECT_EQ(change(), Paths{});
  write(".env", "A=2");
  EXPECT_EQ(change(), Paths{".env"}) << "settings are ignored by Git but matter to the program";
  write("config/local.json", "{\"a\":1}");
  EXPECT_EQ(change(), Paths{"config/local.json"});
}

TEST_F(TreeWatcherTest, SeesALinkThatLeadsElsewhere) {
  write("releases/1/x.txt", "one");
  write("releases/2/x.txt", "two");
  fs::create_symlink("releases/1", at("current"));
  start();
  fs::create_symlink("releases/2", at("next"));
  rename("next", "current");
  EXPECT_EQ(change(), Paths{"current"});
}

// How the kubelet updates a mounted ConfigMap.
TEST_F(TreeWatcherTest, SeesAConfigMapThatIsSwapped) {
  write("conf/..2024_1/app.json", "{\"a\":1}");
  write("conf/..2024_1/same.json", "{}");
  fs::create_symlink("..2024_1", at("conf/..data"));
  fs::create_symlink("..data/app.json", at("conf/app.json"));
  fs::create_symlink("..data/same.json", at("conf/same.json"));
  start();
  learn_everything();
  write("conf/..2024_2/app.json", "{\"a\":2}");
  write("conf/..2024_2/same.json", "{}");
  fs::create_symlink("..2024_2", at("conf/..data_tmp"));
  rename("conf/..data_tmp", "conf/..data");
  fs::remove_all(at("conf/..2024_1"));
  EXPECT_EQ(change(), Paths{"conf/app.json"});
}

TEST_F(TreeWatcherTest, WatchesTheProgramWhereverItLies) {
  write("target/debug/server", "one");
  char pattern[] = "/tmp/livefix-elsewhere-XXXXXX";
  const fs::path elsewhere = mkdtemp(pattern);
  std::ofstream(elsewhere / "tool") << "one";
  spec_.files = {"./target/debug/server", (elsewhere / "tool").string()};
  start();
  write("target/debug/server.tmp", "two");
  EXPECT_EQ(change(), Paths{});
  write("target/debug/server", "two");
  EXPECT_EQ(change(), Paths{"target/debug/server"});
  std::ofstream(elsewhere / "tool") << "two";
  EXPECT_EQ(change(), Paths{(elsewhere / "tool").string()});
  fs::remove_all(elsewhere);
}

TEST_F(TreeWatcherTest, LooksAgainWhenEventsWereLost) {
  start();
  std::size_t limit = 16384;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> limit;
  if (limit > 200'000) GTEST_SKIP() << "the queue is too long to be filled here";
  for (std::size_t i = 0; i < limit / 2 + 100; ++i) {  // equal neighbours would be merged
    close(open(at("filler_a").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    close(open(at("filler_b").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  }
  write("src/cart.js", "two");
  write("fresh/new.js", "one");
  fs::remove(at("server.js"));
  EXPECT_EQ(change(), (Paths{"fresh/new.js", "server.js", "src/cart.js"}));
  write("fresh/new.js", "two!");
  EXPECT_EQ(change(), Paths{"fresh/new.js"}) << "the new directory is watched";
}

TEST_F(TreeWatcherTest, PollsWhenThereAreNoWatchesLeft) {
  start(1);
  EXPECT_NE(watcher_->warning().find("fs.inotify.max_user_watches"), std::string::npos);
  EXPECT_EQ(watcher_->file_count(), 2U);
  write("src/cart.js", "two!");
  EXPECT_EQ(polled_change(), Paths{"src/cart.js"});
  write("fresh/new.js", "one");
  fs::remove(at("server.js"));
  EXPECT_EQ(polled_change(), (Paths{"fresh/new.js", "server.js"}));
}

TEST_F(TreeWatcherTest, PollsFromThenOnWhenWatchesRunOutLater) {
  start(2);
  const int fd = watcher_->fd();
  EXPECT_EQ(watcher_->warning(), "");
  write("lib/a.js", "one");
  EXPECT_EQ(change(), Paths{"lib/a.js"});
  EXPECT_NE(watcher_->warning(), "");
  EXPECT_EQ(watcher_->fd(), fd);
  write("lib/a.js", "two!");
  EXPECT_EQ(polled_change(), Paths{"lib/a.js"});
}

TEST_F(TreeWatcherTest, FindsADirectoryThatIsReplacedAsAWhole) {
  start();
  fs::rename(root_, root_.string() + ".old");
  EXPECT_EQ(change(), (Paths{"server.js", "src/cart.js"}));
  write("server.js", "two");
  EXPECT_EQ(polled_change(), Paths{"server.js"});
  fs::remove_all(root_.string() + ".old");
}

TEST_F(TreeWatcherTest, FailsWhereThereIsNoDirectory) {
  const auto created = TreeWatcher::create("/nowhere/at/all", spec_);
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().os_error, ENOENT);
}

}  // namespace
}  // namespace livefix::watch
