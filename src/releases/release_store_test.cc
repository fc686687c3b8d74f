#include "releases/release_store.h"

#include <sched.h>
#include <sys/mount.h>

#include "releases/git_fixture.h"
#include "releases/release_refs.h"

namespace livefix::releases {
namespace {

namespace fs = std::filesystem;

class ReleaseStoreTest : public GitFixture {
 protected:
  ReleaseStore open_store(TreeLimits limits = {}) {
    auto store = ReleaseStore::open(git_, path("releases"), artifacts(), limits);
    EXPECT_TRUE(store) << store.error().message;
    EXPECT_TRUE(store->sweep());
    return std::move(*store);
  }
  Release laid_out(ReleaseStore& store, const ObjectId& commit) {
    auto release = store.lay_out(commit);
    EXPECT_TRUE(release) << release.error().message;
    return release ? std::move(*release) : Release{.id = {}, .commit = commit, .directory = {}};
  }
  ArtifactStore artifacts() const { return ArtifactStore(path("artifacts")); }
  std::vector<std::string> entries() const {
    std::vector<std::string> result;
    for (const auto& entry : fs::directory_iterator(path("releases"))) {
      result.push_back(entry.path().filename());
    }
    std::ranges::sort(result);
    return result;
  }
};

TEST_F(ReleaseStoreTest, LaysOutTheFilesOfACommit) {
  const auto made = commit({{"server.js", {"listen()\n"}},
                            {"bin/run", {"#!/bin/sh\n", "100755"}},
                            {"public", {"static/files", "120000"}},
                            {"new\nline\x01", {"n"}},
                            {"empty", {""}}});
  auto store = open_store();
  const auto release = laid_out(store, made);
  EXPECT_EQ(release.id, made.hex().substr(0, 12));
  EXPECT_EQ(release.commit, made);
  EXPECT_EQ(release.directory, path("releases/" + release.id));
  EXPECT_FALSE(release.built);
  EXPECT_EQ(read(release.directory + "/server.js"), "listen()\n");
  EXPECT_EQ(mode(release.directory + "/bin/run") & 0700, 0700U);
  EXPECT_EQ(fs::read_symlink(release.directory + "/public"), "static/files");
  EXPECT_EQ(read(release.directory + "/new\nline\x01"), "n");
  EXPECT_TRUE(exists(release.directory + "/empty"));
  EXPECT_FALSE(exists(release.directory + "/.git"));
  const std::vector<std::string> expected{release.id, release.id + ".commit",
                                          release.id + ".index"};
  EXPECT_EQ(entries(), expected);
}

TEST_F(ReleaseStoreTest, LaysOutACommitWithoutFiles) {
  auto store = open_store();
  EXPECT_TRUE(fs::is_empty(laid_out(store, commit({}, "empty")).directory));
}

TEST_F(ReleaseStoreTest, UsesAReleaseThatIsThere) {
  const auto made = commit({{"a", {"1"}}});
  auto store = open_store();
  const auto first = laid_out(store, made);
  write(first.directory + "/built", "by the build step");
  ASSERT_TRUE(store.mark_built(first.id));
  const auto second = laid_out(store, made);
  EXPECT_EQ(second.directory, first.directory);
  EXPECT_TRUE(second.built);
  EXPECT_EQ(read(second.directory + "/built"), "by the build step");
  auto again = open_store();
  EXPECT_TRUE(again.find(first.id)->value().built) << "after a restart, too";
}

TEST_F(ReleaseStoreTest, LaysOutWhatIsBeingPushed) {
  commit({{"a", {"1"}}});
  const auto pushed = push({{"a", {"2"}}});
  auto store = open_store();
  EXPECT_FALSE(store.lay_out(pushed.commit)) << "the repository does not have it yet";
  const auto release = store.lay_out(pushed.commit, pushed.quarantine);
  ASSERT_TRUE(release) << release.error().message;
  EXPECT_EQ(read(release->directory + "/a"), "2");
  fs::remove_all(pushed.quarantine.object_directory);
  EXPECT_TRUE(store.lay_out(pushed.commit, pushed.quarantine)) << "it is there now";
}

TEST_F(ReleaseStoreTest, SaysThatAPushOrACommitIsNotThere) {
  const auto pushed = push({{"a", {"2"}}});
  fs::remove_all(pushed.quarantine.object_directory);
  auto store = open_store();
  const auto gone = store.lay_out(pushed.commit, pushed.quarantine);
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().message.find("push again"), std::string::npos);
  const auto missing = store.lay_out(*ObjectId::parse(std::string(40, 'a')));
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find(std::string(40, 'a')), std::string::npos)
      << missing.error().message;
  EXPECT_TRUE(entries().empty());
}

TEST_F(ReleaseStoreTest, DoesNotTakeOneCommitForAnother) {
  const auto made = commit({{"a", {"1"}}});
  auto store = open_store();
  const auto release = laid_out(store, made);
  const auto like_it = *ObjectId::parse(release.id + std::string(28, '0'));
  const auto refused = store.lay_out(like_it);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("make another commit"), std::string::npos);
}

// --- what is in a commit that somebody made to do harm -------------------------------------------

TEST_F(ReleaseStoreTest, WritesBytesAsTheyAreWhateverTheAttributesSay) {
  for (const char* program : {"filter.evil.smudge", "filter.evil.clean", "filter.evil.process"}) {
    ASSERT_TRUE(git_.ask({"config", program, "touch " + path("ran") + "; cat"}));
  }
  ASSERT_TRUE(git_.ask({"config", "filter.evil.required", "true"}));
  ASSERT_TRUE(git_.ask({"config", "core.autocrlf", "true"}));
  const std::string bytes = "$Id$ $Format:%H$\r\nline\nline\r\n\xff";
  const std::string attributes =
      "[attr]filter text eol=crlf\n"
      "* text eol=crlf ident filter=evil export-subst working-tree-encoding=UTF-16\n"
      "*.no export-ignore\n";
  const auto made = commit({{".gitattributes", {attributes}},
                            {"a.txt", {bytes}},
                            {"b.no", {bytes}},
                            {"sub/.gitattributes", {attributes}},
                            {"sub/c", {bytes}}});
  auto store = open_store();
  const auto release = laid_out(store, made);
  for (const char* name : {"/a.txt", "/b.no", "/sub/c"}) {
    EXPECT_EQ(read(release.directory + name), bytes) << name;
  }
  EXPECT_FALSE(exists(path("ran")));
}

TEST_F(ReleaseStoreTest, WritesNothingThroughALink) {
  fs::create_directory(path("outside"));
  const auto file = blob("evil").hex();
  const auto inner = raw_tree({"100644 blob " + file + "\tx"}).hex();
  const auto twice = raw_commit(
      {"120000 blob " + blob(path("outside")).hex() + "\ta", "040000 tree " + inner + "\ta"});
  const auto upwards = raw_commit({"040000 tree " + inner + "\t.."});
  auto store = open_store();
  EXPECT_FALSE(store.lay_out(twice));
  EXPECT_FALSE(store.lay_out(upwards));
  EXPECT_TRUE(fs::is_empty(path("outside")));
  EXPECT_TRUE(entries().empty());
  EXPECT_FALSE(exists(path("x")));

  const auto linked = commit({{"out", {path("outside"), "120000"}}});
  const auto release = laid_out(store, linked);
  EXPECT_EQ(fs::read_symlink(release.directory + "/out"), path("outside"));
  ASSERT_TRUE(store.remove(release.id));
  ASSERT_TRUE(store.sweep());
  EXPECT_TRUE(exists(path("outside"))) << "nor is anything removed through it";
}

TEST_F(ReleaseStoreTest, MakesAnEmptyDirectoryOfASubmodule) {
  const auto made = commit({{".gitmodules", {"[submodule \"s\"]\n\tpath = s\n\turl = /etc\n"}},
                            {"s", {std::string(40, 'a'), "160000"}}});
  auto store = open_store();
  EXPECT_TRUE(fs::is_empty(laid_out(store, made).directory + "/s"));
}

TEST_F(ReleaseStoreTest, RefusesWhatIsTooMuch) {
  auto store = open_store({.files = 2, .bytes = 100});
  EXPECT_FALSE(store.lay_out(commit({{"a", {std::string(101, 'x')}}})));
  EXPECT_FALSE(store.lay_out(commit({{"a", {"1"}}, {"b", {"1"}}, {"c", {"1"}}})));
  EXPECT_TRUE(store.lay_out(commit({{"a", {"1"}}, {"b", {"1"}}})));
}

// --- what is left when something ends in between
// --------------------------------------------------

TEST_F(ReleaseStoreTest, RemovesWhatACrashLeft) {
  const auto made = commit({{"a", {"1"}}});
  const auto id = release_id(made);
  for (const auto& name :
       {id + ".gone-Ab12Cd/tree/half", id + ".tmp-Ab12Cd/tree/half", id + ".tmp-Ab12Cd/index.lock",
        id + ".commit", id + ".index", id + ".built", id + ".index.lock", id + ".commit.Ab12Cd",
        id + ".tmp-keep-Ab12Cd/tree/x"}) {
    write(path("releases/" + name), "half");
  }
  const auto locked = path("releases/" + id + ".tmp-Ab12Cd/tree");
  fs::permissions(locked, fs::perms::owner_read | fs::perms::owner_exec);
  write(path("releases/notes.txt"), "somebody's");
  write(path("releases/0123456789abcdef/notes"), "somebody's");
  auto store = open_store();
  EXPECT_EQ(entries(), (std::vector<std::string>{"0123456789abcdef", "notes.txt"}));
  EXPECT_FALSE(laid_out(store, made).built);
  auto again = open_store();
  EXPECT_EQ(again.list()->size(), 1U) << "and nothing of a whole one";
}

// A `git` that kills who called it at the call of that number: before it has run, after, or in
// place of a part of the work.
class DeadlyGit {
 public:
  DeadlyGit(const fs::path& directory, int call, const std::string& moment) {
    path_ = getenv("PATH");
    const auto real = "PATH='" + path_ + "' git";
    fs::create_directories(directory);
    std::ofstream(directory / "git")
        << "#!/bin/sh\n"
        << "echo >> " << directory.string() << "/calls\n"
        << "if [ $(wc -l < " << directory.string() << "/calls) = " << call << " ]; then\n"
        << "  [ " << moment << " = after ] && " << real << " \"$@\"\n"
        << "  [ " << moment << " = half ] && echo half > file\n"
        << "  kill -9 $PPID; exit 1\nfi\n"
        << real << " \"$@\"\n";
    fs::permissions(directory / "git", fs::perms::owner_all);
    setenv("PATH", (directory.string() + ":" + path_).c_str(), 1);
  }
  ~DeadlyGit() { setenv("PATH", path_.c_str(), 1); }
  DeadlyGit(const DeadlyGit&) = delete;
  DeadlyGit& operator=(const DeadlyGit&) = delete;

 private:
  std::string path_;
};

TEST_F(ReleaseStoreTest, StartsOverWhereverItWasKilled) {
  const auto made = commit({{"a", {"1"}}, {"link", {"a", "120000"}}, {"sub/b", {"2"}}});
  open_store();
  int killed = 0;
  for (int call = 1; call <= 4; ++call) {
    for (const char* moment : {"before", "after", "half"}) {
      const auto name = fmt::format("git-{}-{}", call, moment);
      {
        const DeadlyGit deadly(path(name), call, moment);
        const pid_t child = fork();
        if (child == 0) {
          auto store = ReleaseStore::open(git_, path("releases"), artifacts());
          _exit(store && store->lay_out(made) ? 0 : 1);
        }
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        if (WIFSIGNALED(status)) ++killed;
      }
      auto store = open_store();
      EXPECT_TRUE(store.list()->empty()) << name;
      EXPECT_TRUE(entries().empty()) << name;
      const auto release = laid_out(store, made);
      EXPECT_EQ(read(release.directory + "/sub/b"), "2") << name;
      EXPECT_FALSE(exists(release.directory + "/file")) << name;
      ASSERT_TRUE(store.remove(release.id));
    }
  }
  EXPECT_EQ(killed, 12) << "ls-tree, cat-file, read-tree, checkout-index";
}

TEST_F(ReleaseStoreTest, LeavesNothingOnAFullDisk) {
  fs::create_directory(path("releases"));
  // In a namespace of its own: the mount ends with this process.
  if (unshare(CLONE_NEWNS) < 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0 ||
      mount("tmpfs", path("releases").c_str(), "tmpfs", 0, "size=24m,nr_inodes=40") < 0) {
    GTEST_SKIP() << "a small file system cannot be mounted here: " << std::strerror(errno);
  }
  {
    auto store = open_store();
    const auto large = store.lay_out(commit({{"a", {std::string(10U << 20, 'x')}}}));
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().os_error, ENOSPC) << large.error().message;
    EXPECT_NE(large.error().message.find("does not fit"), std::string::npos);
    // Few files in many directories: that is only found while they are made.
    FixtureTree deep;
    for (int i = 0; i < 20; ++i) deep[fmt::format("{0}/{0}/{0}/file", i)] = {"x"};
    const auto full = store.lay_out(commit(deep));
    ASSERT_FALSE(full);
    EXPECT_NE(full.error().message.find("No space left on device"), std::string::npos)
        << full.error().message;
    EXPECT_TRUE(entries().empty());
    EXPECT_TRUE(store.lay_out(commit({{"a", {"1"}}}))) << "and goes on with what fits";
  }
  umount(path("releases").c_str());
}

// --- old ones
// -------------------------------------------------------------------------------------

TEST_F(ReleaseStoreTest, ListsTheNewestFirstAndPrunesTheRest) {
  auto store = open_store();
  std::vector<ObjectId> commits;
  for (int i = 0; i < 5; ++i) {
    commits.push_back(commit({{"a", {std::to_string(i)}}}));
    const auto release = laid_out(store, commits.back());
    // An order that does not depend on how fast this machine is.
    fs::last_write_time(release.directory + ".commit",
                        fs::file_time_type::clock::now() - std::chrono::hours(10 - i));
  }
  ASSERT_EQ(store.list()->size(), 5U);
  EXPECT_EQ(store.list()->front().commit, commits[4]);
  laid_out(store, commits[1]);  // wanted again
  EXPECT_EQ(store.list()->front().commit, commits[1]);
  ASSERT_TRUE(store.mark_built(release_id(commits[0])));
  std::set<std::string> all;
  for (const ObjectId& one : commits) all.insert(release_id(one));
  const auto removed = store.prune(2, {release_id(commits[2])}, all);
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(*removed, (std::vector{release_id(commits[3]), release_id(commits[0])}));
  EXPECT_EQ(store.list()->size(), 3U);
  ASSERT_TRUE(store.sweep());
  EXPECT_EQ(entries().size(), 9U) << "three names each";
}

TEST_F(ReleaseStoreTest, WhatNeverWasLiveKeepsNobodyOut) {
  auto store = open_store();
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    const auto release = laid_out(store, commit({{"a", {std::to_string(i)}}}));
    fs::last_write_time(release.directory + ".commit",
                        fs::file_time_type::clock::now() - std::chrono::hours(10 - i));
    ids.push_back(release.id);
  }
  const auto removed = store.prune(1, {ids[0]}, {ids[0], ids[1]});
  ASSERT_TRUE(removed) << removed.error().message;
  EXPECT_EQ(*removed, (std::vector{ids[3], ids[2]})) << "the newest of them may come again";
}

TEST_F(ReleaseStoreTest, RemovesARelease) {
  auto store = open_store();
  const auto release = laid_out(store, commit({{"sub/a", {"1"}}}));
  ASSERT_TRUE(store.mark_built(release.id));
  fs::permissions(release.directory + "/sub", fs::perms::owner_read | fs::perms::owner_exec);
  ASSERT_TRUE(store.remove(release.id));
  ASSERT_TRUE(store.remove(release.id)) << "and is gone already";
  EXPECT_TRUE(store.list()->empty());
  EXPECT_FALSE(entries().empty()) << "removing takes the name away and no time";
  ASSERT_TRUE(store.sweep());
  EXPECT_TRUE(entries().empty());
  EXPECT_FALSE(store.mark_built(release.id));
  for (const char* name : {"", "..", "../../shop.git", "0123456789ag"}) {
    EXPECT_FALSE(store.remove(name)) << name;
  }
}

}  // namespace
}  // namespace livefix::releases
