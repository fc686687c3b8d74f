#include "releases/commit_reader.h"

#include <charconv>
#include <span>

#include "releases/beneath.h"

namespace livefix::releases {
namespace {

// Fields of a commit, each ended by NUL, which no header nor subject can hold.
constexpr const char* kFormat = "--format=tformat:%H%x00%P%x00%s%x00%an%x00%ae%x00%ct";
constexpr std::size_t kFields = 6;

std::vector<ObjectId> object_ids(std::string_view words) {
  std::vector<ObjectId> result;
  while (!words.empty()) {
    const auto end = std::min(words.find(' '), words.size());
    if (auto id = ObjectId::parse(words.substr(0, end))) result.push_back(std::move(*id));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
  return result;
}

std::optional<Commit> commit_of(std::span<const std::string_view> fields) {
  auto id = ObjectId::parse(fields[0]);
  if (!id) return std::nullopt;
  Commit result{.id = std::move(*id),
                .parents = object_ids(fields[1]),
                .subject = std::string(fields[2]),
                .author_name = std::string(fields[3]),
                .author_email = std::string(fields[4])};
  std::from_chars(fields[5].data(), fields[5].data() + fields[5].size(), result.time);
  return result;
}

Result<std::vector<Commit>> list(const Git& git, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"log", "-z", "--no-color", "--no-decorate", "--no-mailmap",
                                       "--encoding=UTF-8", kFormat});
  const auto answer = git.run({.arguments = std::move(arguments)});
  if (!answer) return std::unexpected(answer.error());
  const auto fields = split_list(answer->output);
  if (fields.size() % kFields != 0) return fail("git log printed {} fields", fields.size());
  std::vector<Commit> result;
  for (std::size_t at = 0; at < fields.size(); at += kFields) {
    auto commit = commit_of(std::span(fields).subspan(at, kFields));
    if (!commit) return fail("git log printed no commit: {}", fields[at]);
    result.push_back(std::move(*commit));
  }
  return result;
}

}  // namespace

Result<ObjectId> resolve(const Git& git, std::string_view revision) {
  const auto answer = git.run({.arguments = {"rev-parse", "--verify", "--quiet", "--end-of-options",
                                             fmt::format("{}^{{commit}}", revision)},
                               .highest_answer = 1});
  if (!answer) return std::unexpected(answer.error());
  const auto lines = split_lines(answer->output);
  auto id = lines.size() == 1 ? ObjectId::parse(lines[0]) : std::nullopt;
  if (id) return std::move(*id);
  // Git is silent about what is not there, and says so when a short name fits several.
  if (answer->errors.contains("ambiguous")) {
    return fail("\"{}\" is the beginning of several names in {}; write more of it", revision,
                git.git_dir());
  }
  return fail("there is no commit \"{}\" in {}", revision, git.git_dir());
}

Result<Commit> read_commit(const Git& git, const ObjectId& id) {
  auto commits = list(git, {"--no-walk", id.hex(), "--"});
  if (!commits) return std::unexpected(commits.error());
  if (commits->size() != 1) return fail("{} is no commit of {}", id.hex(), git.git_dir());
  return std::move(commits->front());
}

Result<std::vector<Commit>> read_log(const Git& git, const ObjectId& from, const ObjectId& to,
                                     std::size_t most) {
  return list(git, {fmt::format("--max-count={}", most), to.hex(), "^" + from.hex(), "--"});
}

Result<bool> is_ancestor(const Git& git, const ObjectId& ancestor, const ObjectId& of) {
  const auto answer =
      git.run({.arguments = {"merge-base", "--is-ancestor", ancestor.hex(), of.hex()},
               .highest_answer = 1});
  if (!answer) return std::unexpected(answer.error());
  return answer->exit_status == 0;
}

Result<std::vector<ChangedFile>> changed_files(const Git& git, const ObjectId& from,
                                               const ObjectId& to,
                                               const std::vector<std::string>& directories) {
  GitCall call{.arguments = {"diff-tree", "-r", "-z", "--name-status", "--no-renames", from.hex(),
                             to.hex(), "--"}};
  call.arguments.insert(call.arguments.end(), directories.begin(), directories.end());
  const auto answer = git.run(call);
  if (!answer) return std::unexpected(answer.error());
  const auto words = split_list(answer->output);
  if (words.size() % 2 != 0) return fail("git diff-tree printed a status without a path");
  std::vector<ChangedFile> result;
  for (std::size_t at = 0; at < words.size(); at += 2) {
    if (words[at].empty()) return fail("git diff-tree printed a path without a status");
    result.push_back({words[at].front(), std::string(words[at + 1])});
  }
  return result;
}

Result<std::optional<ObjectId>> directory_tree(const Git& git, const ObjectId& commit,
                                               std::string_view directory) {
  while (directory.ends_with('/')) directory.remove_suffix(1);
  if (directory.empty()) {
    const auto tree = git.ask({"rev-parse", "--verify", commit.hex() + "^{tree}"});
    if (!tree) return std::unexpected(tree.error());
    return ObjectId::parse(*tree);
  }
  // Git would take "shop/.." for the top, and give its first directory.
  if (!stays_beneath(directory)) return fail("\"{}\" is no directory of a commit", directory);
  const auto answer = git.run({.arguments = {"ls-tree", "-z", "-d", "--full-tree", commit.hex(),
                                             "--", std::string(directory)}});
  if (!answer) return std::unexpected(answer.error());
  // "040000 tree ID\tNAME"; -d also shows submodules, which are no directories of this commit.
  const std::string_view entry = answer->output;
  constexpr std::string_view kBegin = "040000 tree ";
  if (!entry.starts_with(kBegin)) return std::optional<ObjectId>();
  return ObjectId::parse(entry.substr(kBegin.size(), entry.find('\t') - kBegin.size()));
}

Result<DiffText> diff_text(const Git& git, const ObjectId& from, const ObjectId& to,
                           std::size_t most, const std::vector<std::string>& directories) {
  GitCall call{.arguments = {"diff-tree", "-r", "-p", "--no-renames", "--no-color", "--no-ext-diff",
                             "--no-textconv", from.hex(), to.hex(), "--"},
               .most_output = most,
               .cut_output = true};
  call.arguments.insert(call.arguments.end(), directories.begin(), directories.end());
  auto answer = git.run(call);
  if (!answer) return std::unexpected(answer.error());
  return DiffText{std::move(answer->output), answer->cut};
}

}  // namespace livefix::releases
