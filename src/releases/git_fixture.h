// For tests: a temporary directory with a repository in it, and commits of whatever a test needs.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "releases/object_id.h"
#include "releases/repository.h"

namespace livefix::releases {

struct FixtureFile {
  std::string bytes;
  std::string mode = "100644";  // 100755, 120000 (bytes are the target), 160000 (bytes are an id)
};
using FixtureTree = std::map<std::string, FixtureFile>;

class GitFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string path = std::filesystem::temp_directory_path() / "livefix-releases-XXXXXX";
    ASSERT_TRUE(mkdtemp(path.data()));
    root_ = path;
    auto git = open_repository(settings());
    ASSERT_TRUE(git) << git.error().message;
    git_ = *git;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  std::string path(const std::string& relative) const { return root_ / relative; }
  RepositorySettings settings() const {
    return {.path = path("shop.git"), .livefix_program = "/bin/true"};
  }

  // A commit with these files and no others on a branch; what was there is its parent.
  ObjectId commit(const FixtureTree& tree, const std::string& branch = "main",
                  const std::string& message = "a commit",
                  const std::vector<std::string>& environment = {}) {
    std::string stream = "commit refs/heads/" + branch +
                         "\nauthor Ada <ada@example.com> 1700000000 +0100"
                         "\ncommitter Carl <carl@example.com> 1700000100 +0000\n";
    stream += data(message);
    if (git_.ask({"rev-parse", "--verify", "refs/heads/" + branch})) {
      stream += "from refs/heads/" + branch + "^0\n";
    }
    stream += "deleteall\n";
    for (const auto& [name, file] : tree) {
      if (file.mode == "160000") {
        stream += "M 160000 " + file.bytes + " " + quoted(name) + "\n";
      } else {
        stream += "M " + file.mode + " inline " + quoted(name) + "\n" + data(file.bytes);
      }
    }
    const auto done = git_.run(
        {.arguments = {"fast-import", "--quiet"}, .environment = environment, .input = stream});
    EXPECT_TRUE(done) << done.error().message;
    return id(git_.ask({"rev-parse", "--verify", "refs/heads/" + branch}));
  }

  // Below the checks that a tree goes through: "MODE TYPE ID\tNAME" each, and its commit.
  ObjectId raw_commit(const std::vector<std::string>& entries) {
    return printed(
        {.arguments = {"commit-tree", raw_tree(entries).hex(), "-m", "made by hand"},
         .environment = {"GIT_AUTHOR_NAME=Eve", "GIT_AUTHOR_EMAIL=eve@example.com",
                         "GIT_COMMITTER_NAME=Eve", "GIT_COMMITTER_EMAIL=eve@example.com"}});
  }
  ObjectId raw_tree(const std::vector<std::string>& entries) {
    std::string list;
    for (const auto& entry : entries) list.append(entry).push_back('\0');
    return printed({.arguments = {"mktree", "-z"}, .input = list});
  }
  ObjectId blob(const std::string& bytes) {
    return printed({.arguments = {"hash-object", "-w", "--stdin"}, .input = bytes});
  }
  ObjectId printed(const GitCall& call) {
    const auto answer = git_.run(call);
    EXPECT_TRUE(answer) << answer.error().message;
    return id(answer ? Result<std::string>(answer->output.substr(0, answer->output.find('\n')))
                     : std::unexpected(answer.error()));
  }

  // A push that waits for its hook: its objects are in a directory of their own.
  struct Push {
    Quarantine quarantine;
    ObjectId commit;
  };
  Push push(const FixtureTree& tree, const std::string& branch = "pushed") {
    const auto objects = git_.git_dir() + "/objects";
    const Quarantine quarantine{objects + "/tmp_objdir-incoming-Ab12Cd", objects,
                                objects + "/tmp_objdir-incoming-Ab12Cd"};
    std::filesystem::create_directories(quarantine.object_directory + "/pack");
    auto pushed = commit(tree, branch, "pushed",
                         {"GIT_OBJECT_DIRECTORY=" + quarantine.object_directory,
                          "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + objects});
    EXPECT_TRUE(git_.ask({"update-ref", "-d", "refs/heads/" + branch}));
    return {quarantine, pushed};
  }

  static std::string read(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  static void write(const std::filesystem::path& file, const std::string& bytes) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
  }
  static bool exists(const std::filesystem::path& file) {
    return std::filesystem::exists(std::filesystem::symlink_status(file));
  }
  static unsigned mode(const std::filesystem::path& file) {
    struct stat status{};
    return lstat(file.c_str(), &status) == 0 ? status.st_mode & 0777U : 0;
  }

  std::filesystem::path root_;
  Git git_{"/nonexistent"};

 private:
  static std::string data(const std::string& bytes) {
    return "data " + std::to_string(bytes.size()) + "\n" + bytes + "\n";
  }
  static std::string quoted(const std::string& name) {
    std::string result = "\"";
    for (const char c : name) {
      if (c == '\n') {
        result += "\\n";
      } else {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
      }
    }
    return result + "\"";
  }
  static ObjectId id(const Result<std::string>& text) {
    EXPECT_TRUE(text) << text.error().message;
    return ObjectId::parse(text.value_or("")).value_or(*ObjectId::parse(std::string(40, '0')));
  }
};

}  // namespace livefix::releases
