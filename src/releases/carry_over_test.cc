#include "releases/carry_over.h"

#include "releases/git_fixture.h"

namespace livefix::releases {
namespace {

namespace fs = std::filesystem;

class CarryOver : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = fs::temp_directory_path() / "livefix-carry-XXXXXX";
    ASSERT_TRUE(mkdtemp(path.data()));
    root_ = path;
    write("old/package-lock.json", "lock");
    write("new/package-lock.json", "lock");
    write("old/node_modules/left/index.js", "left");
    write("old/node_modules/left/run", "#!/bin/sh\n");
    fs::permissions(root_ / "old/node_modules/left/run", fs::perms::owner_all);
    fs::create_directories(root_ / "old/node_modules/.bin");
    fs::create_symlink("../left/run", root_ / "old/node_modules/.bin/run");
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& bytes) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << bytes;
  }
  std::string read(const std::string& name) {
    std::ifstream stream(root_ / name);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  Carried carry(const std::string& directory, CopyWay way = CopyWay::clone) {
    const auto carried = carry_over(
        {.from = root_ / "old", .to = root_ / "new", .keep = {directory}, .first_way = way});
    EXPECT_TRUE(carried) << carried.error().message;
    EXPECT_EQ(std::distance(fs::directory_iterator(root_), {}), entries_) << "nothing beside them";
    if (!carried || carried->size() != 1) return {};
    return carried->front();
  }
  bool carried_whole() { return read("new/node_modules/left/index.js") == "left"; }

  fs::path root_;
  std::ptrdiff_t entries_ = 2;
};

TEST_F(CarryOver, TakesADirectoryWithModesTimesAndLinks) {
  const auto old_time = fs::last_write_time(root_ / "old/node_modules/left/index.js");
  const auto carried = carry("node_modules");
  EXPECT_EQ(carried.skipped, "");
  EXPECT_EQ(carried.count.files(), 2U);
  EXPECT_EQ(carried.count.symbolic_links, 1U);
  EXPECT_EQ(carried.count.directories, 2U);
  EXPECT_TRUE(carried_whole());
  EXPECT_EQ(fs::last_write_time(root_ / "new/node_modules/left/index.js"), old_time);
  EXPECT_EQ(fs::read_symlink(root_ / "new/node_modules/.bin/run"), "../left/run");
  EXPECT_EQ(fs::status(root_ / "new/node_modules/left/run").permissions() & fs::perms::owner_exec,
            fs::perms::owner_exec);
}

TEST_F(CarryOver, LinksOrCopiesWhatItCannotClone) {
  const auto linked = carry("node_modules", CopyWay::link);
  EXPECT_EQ(linked.count.linked, 2U);
  EXPECT_EQ(fs::hard_link_count(root_ / "old/node_modules/left/run"), 2U);
  fs::remove_all(root_ / "new/node_modules");
  const auto old_time = fs::last_write_time(root_ / "old/node_modules/left/index.js");
  const auto copied = carry("node_modules", CopyWay::bytes);
  EXPECT_EQ(copied.count.copied, 2U);
  EXPECT_TRUE(carried_whole());
  EXPECT_EQ(fs::last_write_time(root_ / "new/node_modules/left/index.js"), old_time);
  write("new/node_modules/left/index.js", "changed");
  EXPECT_EQ(read("old/node_modules/left/index.js"), "left");
}

TEST_F(CarryOver, SharesBlocksWhereTheFileSystemCan) {
  const auto old_time = fs::last_write_time(root_ / "old/node_modules/left/index.js");
  const auto carried = carry("node_modules");
  if (carried.count.cloned == 0) GTEST_SKIP() << "this file system has no FICLONE; set TMPDIR";
  EXPECT_EQ(carried.count.cloned, 2U);
  EXPECT_TRUE(carried_whole());
  EXPECT_EQ(fs::last_write_time(root_ / "new/node_modules/left/index.js"), old_time);
  EXPECT_EQ(fs::hard_link_count(root_ / "old/node_modules/left/run"), 1U);
  write("new/node_modules/left/index.js", "changed");
  EXPECT_EQ(read("old/node_modules/left/index.js"), "left");
}

TEST_F(CarryOver, LeavesItToTheBuildWhenALockfileChanged) {
  write("new/package-lock.json", "kcol");
  EXPECT_EQ(carry("node_modules").skipped, "package-lock.json changed");
  EXPECT_FALSE(fs::exists(root_ / "new/node_modules"));
  write("new/package-lock.json", "lock");
  write("new/yarn.lock", "");
  EXPECT_EQ(carry("node_modules").skipped, "yarn.lock changed") << "it is new";
  fs::remove(root_ / "new/yarn.lock");
  fs::remove(root_ / "new/package-lock.json");
  EXPECT_EQ(carry("node_modules").skipped, "package-lock.json changed") << "it is gone";
  fs::create_symlink("/etc/hostname", root_ / "new/package-lock.json");
  EXPECT_EQ(carry("node_modules").skipped, "package-lock.json changed") << "it is a link";
}

TEST_F(CarryOver, GoesByTheManifestWhereNoLockfileIs) {
  fs::remove(root_ / "old/package-lock.json");
  fs::remove(root_ / "new/package-lock.json");
  write("old/package.json", "{}");
  write("new/package.json", "[]");
  EXPECT_EQ(carry("node_modules").skipped, "package.json changed");
  write("new/package.json", "{}");
  EXPECT_EQ(carry("node_modules").skipped, "");
}

TEST_F(CarryOver, CountsTheLockfileOfAWorkspaceAbove) {
  write("old/shop/node_modules/a", "1");
  write("new/shop/server.js", "");
  write("new/package-lock.json", "other");
  EXPECT_EQ(carry("shop/node_modules").skipped, "package-lock.json changed");
  write("new/package-lock.json", "lock");
  EXPECT_EQ(carry("shop/node_modules").skipped, "");
  EXPECT_EQ(read("new/shop/node_modules/a"), "1");
}

TEST_F(CarryOver, SaysWhatIsNotThere) {
  EXPECT_EQ(carry("vendor").skipped, "it is not in the release before");
  EXPECT_EQ(carry("a/b/vendor").skipped, "it is not in the release before");
  EXPECT_EQ(carry("package-lock.json").skipped, "it is no directory in the release before");
  write("old/shop/node_modules/a", "1");
  EXPECT_EQ(carry("shop/node_modules").skipped, "shop is no directory of the new release");
  write("new/node_modules/.gitkeep", "");
  EXPECT_EQ(carry("node_modules").skipped, "the new release has something of that name");
}

TEST_F(CarryOver, FollowsNoLinkToTheDirectory) {
  entries_ = 3;
  write("outside/node_modules/secret", "secret");
  fs::create_symlink(root_ / "outside/node_modules", root_ / "old/modules");
  EXPECT_EQ(carry("modules").skipped, "it is a symbolic link to " +
                                          (root_ / "outside/node_modules").string() +
                                          "; keep the directory itself");
  fs::create_symlink(root_ / "outside", root_ / "old/sub");
  EXPECT_EQ(carry("sub/node_modules").skipped, "it is not in the release before");
  fs::create_directory(root_ / "old/real");
  write("old/real/node_modules/a", "1");
  fs::create_symlink(root_ / "outside", root_ / "new/real");
  fs::remove_all(root_ / "outside/node_modules");
  EXPECT_EQ(carry("real/node_modules").skipped, "real is no directory of the new release");
  EXPECT_FALSE(fs::exists(root_ / "outside/node_modules"));
}

TEST_F(CarryOver, FollowsNoLinkBelowTheDirectory) {
  entries_ = 3;
  write("outside/secret", "secret");
  fs::create_symlink(root_ / "outside", root_ / "old/node_modules/out");
  EXPECT_EQ(carry("node_modules").skipped, "");
  EXPECT_TRUE(fs::is_symlink(root_ / "new/node_modules/out"));
}

TEST_F(CarryOver, TurnsLinksIntoTheOldReleaseToTheNewOne) {
  fs::create_symlink(root_ / "old/packages/a", root_ / "old/node_modules/a");
  fs::create_symlink((root_ / "old").string() + "er/b", root_ / "old/node_modules/b");
  ASSERT_EQ(carry("node_modules").skipped, "");
  EXPECT_EQ(fs::read_symlink(root_ / "new/node_modules/a"), root_ / "new/packages/a");
  EXPECT_EQ(fs::read_symlink(root_ / "new/node_modules/b"), (root_ / "old").string() + "er/b");
}

TEST_F(CarryOver, LeavesVirtualEnvironmentsAndPipes) {
  write("old/.venv/pyvenv.cfg", "home = /usr/bin\n");
  EXPECT_NE(carry(".venv").skipped.find("cannot be moved"), std::string::npos);
  ASSERT_EQ(mkfifo((root_ / "old/node_modules/pipe").c_str(), 0600), 0);
  const auto carried = carry("node_modules");
  EXPECT_EQ(carried.count.left_out, 1U);
  EXPECT_TRUE(carried_whole());
}

TEST_F(CarryOver, RefusesPathsThatLeadOut) {
  for (const char* path : {"", ".", "..", "../old", "a/../b", "/etc", "node_modules/", "a//b"}) {
    const auto carried = carry_over({.from = root_ / "old", .to = root_ / "new", .keep = {path}});
    EXPECT_FALSE(carried) << path;
  }
}

}  // namespace
}  // namespace livefix::releases
