#include "releases/commit_writer.h"

#include "releases/commit_reader.h"
#include "releases/scratch.h"

namespace livefix::releases {
namespace {

// An index of its own, so that none of a release is touched.
class TemporaryIndex {
 public:
  static Result<TemporaryIndex> make(const Git& git, const ObjectId& commit) {
    auto scratch = Scratch::make(git.git_dir() + "/index.tmp-");
    if (!scratch) return std::unexpected(scratch.error());
    TemporaryIndex result(git, std::move(*scratch));
    const auto read = result.ask({.arguments = {"read-tree", commit.hex()}});
    if (!read) return std::unexpected(read.error());
    return result;
  }

  Status ask(GitCall call) const {
    call.environment.push_back("GIT_INDEX_FILE=" + scratch_.path() + "/index");
    const auto answer = git_.run(call);
    if (!answer) return std::unexpected(answer.error());
    return {};
  }

  Result<ObjectId> write_tree() const {
    const auto answer = git_.run({.arguments = {"write-tree"},
                                  .environment = {"GIT_INDEX_FILE=" + scratch_.path() + "/index"}});
    if (!answer) return std::unexpected(answer.error());
    const auto lines = split_lines(answer->output);
    auto tree = lines.empty() ? std::nullopt : ObjectId::parse(lines[0]);
    if (!tree) return fail("git write-tree printed no tree");
    return std::move(*tree);
  }

 private:
  TemporaryIndex(Git git, Scratch scratch) : git_(std::move(git)), scratch_(std::move(scratch)) {}

  Git git_;
  Scratch scratch_;
};

Result<ObjectId> tree_of(const Git& git, const ObjectId& commit) {
  auto tree = directory_tree(git, commit, "");
  if (!tree) return std::unexpected(tree.error());
  if (!*tree) return fail("{} has no tree", commit.hex());
  return std::move(**tree);
}

Result<ObjectId> tree_with_directories_of(const Git& git, const Revert& revert) {
  auto index = TemporaryIndex::make(git, revert.head);
  if (!index) return std::unexpected(index.error());
  for (const auto& directory : revert.directories) {
    if (directory.empty()) return fail("a directory to revert has no name; leave the list empty");
    const auto older = directory_tree(git, revert.to, directory);
    if (!older) return std::unexpected(older.error());
    const auto removed = index->ask(
        {.arguments = {"rm", "-r", "--cached", "--quiet", "--ignore-unmatch", "--", directory}});
    if (!removed) return std::unexpected(removed.error());
    if (!*older) continue;  // it was not there then, so it goes
    const auto read =
        index->ask({.arguments = {"read-tree", "-i", fmt::format("--prefix={}/", directory),
                                  (*older)->hex()}});
    if (!read) return std::unexpected(read.error());
  }
  return index->write_tree();
}

struct Proposal {
  const ObjectId& parent;
  const ObjectId& tree;
  const std::string& message;
  const Person& who;
};

Result<ObjectId> commit(const Git& git, const Proposal& proposal) {
  const auto before = tree_of(git, proposal.parent);
  if (!before) return std::unexpected(before.error());
  if (*before == proposal.tree) {
    return fail("there is nothing to commit: {} has these files already",
                proposal.parent.short_hex());
  }
  const auto& [name, email] = proposal.who;
  const auto made = git.run({
      .arguments = {"commit-tree", proposal.tree.hex(), "-p", proposal.parent.hex(), "-F", "-"},
      .environment = {"GIT_AUTHOR_NAME=" + name, "GIT_AUTHOR_EMAIL=" + email,
                      "GIT_COMMITTER_NAME=" + name, "GIT_COMMITTER_EMAIL=" + email},
      .input = proposal.message,
  });
  if (!made) return std::unexpected(made.error());
  const auto lines = split_lines(made->output);
  auto id = lines.empty() ? std::nullopt : ObjectId::parse(lines[0]);
  if (!id) return fail("git commit-tree printed no commit");
  return std::move(*id);
}

}  // namespace

Result<ObjectId> commit_revert(const Git& git, const Revert& revert) {
  const auto tree =
      revert.directories.empty() ? tree_of(git, revert.to) : tree_with_directories_of(git, revert);
  if (!tree) return std::unexpected(tree.error());
  return commit(git, {revert.head, *tree, revert.message, revert.who});
}

Result<ObjectId> commit_hand_edit(const Git& git, const HandEdit& edit) {
  const auto index = TemporaryIndex::make(git, edit.parent);
  if (!index) return std::unexpected(index.error());
  std::string list;
  for (const auto& file : edit.files) list.append(file).push_back('\0');
  const auto added =
      index->ask({.arguments = {"update-index", "--add", "--remove", "-z", "--stdin"},
                  .environment = {"GIT_WORK_TREE=" + edit.directory},
                  .input = list,
                  .directory = edit.directory});
  if (!added) return std::unexpected(added.error());
  const auto tree = index->write_tree();
  if (!tree) return std::unexpected(tree.error());
  return commit(git, {edit.parent, *tree, edit.message, edit.who});
}

}  // namespace livefix::releases
