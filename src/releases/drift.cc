#include "releases/drift.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "releases/beneath.h"
#include "releases/scratch.h"
#include "releases/tree_layout.h"

namespace livefix::releases {
namespace {

using Kind = DriftedFile::Kind;

// Paths that are handed to Git on one command line.
constexpr std::size_t kMostArguments = 1U << 20;  // bytes, of at least 2 MiB that Linux allows

GitCall call_in(const Release& release, std::vector<std::string> arguments) {
  return {.arguments = std::move(arguments),
          .environment = {"GIT_WORK_TREE=" + release.directory,
                          "GIT_INDEX_FILE=" + release.index_file()},
          .directory = release.directory};
}

// True when nothing differs. Exit status 1 says that something does; what, is printed in a form
// that a strange name could be mistaken in.
Result<bool> refresh(const Git& git, const Release& release) {
  auto call = call_in(release, {"update-index", "--ignore-submodules", "--refresh"});
  call.highest_answer = 1;
  const auto answer = git.run(call);
  if (!answer) return std::unexpected(answer.error());
  return answer->exit_status == 0;
}

// Makes the index anew where it is lost or damaged.
Result<bool> refresh_or_mend(const Git& git, const Release& release) {
  // A lock that is there is a dead process's: nobody else works on this index.
  unlink((release.index_file() + ".lock").c_str());
  if (access(release.index_file().c_str(), F_OK) == 0) {
    auto clean = refresh(git, release);
    if (clean) return clean;
  }
  unlink(release.index_file().c_str());
  const auto written = write_index(git, {release.commit, release.directory, release.index_file()});
  if (!written) return std::unexpected(written.error());
  return refresh(git, release);
}

// ":OLDMODE NEWMODE OLDID NEWID STATUS"
Result<Kind> kind_of(std::string_view head) {
  const auto old_mode = head.substr(std::min<std::size_t>(1, head.size()), 6);
  const auto new_mode = head.substr(std::min<std::size_t>(8, head.size()), 6);
  switch (head.empty() ? '?' : head.back()) {
    case 'D':
      return Kind::missing;
    case 'T':
      return Kind::type;
    case 'M':
      return old_mode == new_mode ? Kind::contents : Kind::mode;
    default:
      return fail("git diff-files printed \"{}\"", head);
  }
}

// Brings one file from where Git has written it to its place.
Status put_in_place(int from, int to, const std::string& path, const std::string& aside) {
  const auto [parent, name_view] = split_path(path);
  const std::string name(name_view);
  const auto source = open_beneath(from, parent);
  if (!source) return std::unexpected(source.error());
  const auto target = make_beneath(to, parent);
  if (!target) return std::unexpected(target.error());
  if (renameat(source->get(), name.c_str(), target->get(), name.c_str()) == 0) return {};
  if (errno != EISDIR) return fail_errno("{}", path);
  // A directory is in the way; it goes with the scratch.
  if (renameat(target->get(), name.c_str(), AT_FDCWD, aside.c_str()) < 0 ||
      renameat(source->get(), name.c_str(), target->get(), name.c_str()) < 0) {
    return fail_errno("{}", path);
  }
  return {};
}

}  // namespace

Result<std::vector<DriftedFile>> find_drift(const Git& git, const Release& release) {
  const auto clean = refresh_or_mend(git, release);
  if (!clean) return std::unexpected(clean.error());
  if (*clean) return std::vector<DriftedFile>();
  const auto answer = git.run(
      call_in(release, {"diff-files", "--raw", "-z", "--no-renames", "--ignore-submodules=all"}));
  if (!answer) return std::unexpected(answer.error());
  const auto words = split_list(answer->output);
  if (words.size() % 2 != 0) return fail("git diff-files printed a status without a path");
  std::vector<DriftedFile> result;
  for (std::size_t at = 0; at < words.size(); at += 2) {
    const auto kind = kind_of(words[at]);
    if (!kind) return std::unexpected(kind.error());
    result.push_back({std::string(words[at + 1]), *kind});
  }
  return result;
}

Result<DiffText> drift_text(const Git& git, const Release& release,
                            const std::vector<DriftedFile>& files, std::size_t most) {
  if (files.empty()) return DiffText{};
  auto call = call_in(release, {"diff-files", "-p", "--no-renames", "--no-color", "--no-ext-diff",
                                "--no-textconv", "--ignore-submodules=all", "--"});
  call.most_output = most;
  call.cut_output = true;
  std::size_t size = 0;
  bool left_out = false;
  for (const auto& file : files) {
    size += file.path.size() + sizeof(char*) + 1;
    left_out = size > kMostArguments;
    if (left_out) break;
    call.arguments.push_back(file.path);
  }
  auto answer = git.run(call);
  if (!answer) return std::unexpected(answer.error());
  return DiffText{std::move(answer->output), answer->cut || left_out};
}

Status put_back(const Git& git, const Release& release, const std::vector<std::string>& paths) {
  if (paths.empty()) return {};
  const auto scratch = Scratch::make(release.directory + ".tmp-back-");
  if (!scratch) return std::unexpected(scratch.error());
  std::string list;
  for (const auto& path : paths) list.append(path).push_back('\0');
  const auto files = scratch->path() + "/files/";
  auto call = call_in(release, {"checkout-index", "--force", "-z", "--stdin", "--prefix=" + files});
  call.input = list;
  // An index without the commit's entries would say that its files are none of it.
  if (const auto whole = refresh_or_mend(git, release); !whole) {
    return std::unexpected(whole.error());
  }
  if (const auto written = git.run(call); !written) return std::unexpected(written.error());
  if (auto synced = sync_file_system(scratch->path()); !synced) return synced;

  const auto from = open_directory(files);
  if (!from) return std::unexpected(from.error());
  const auto to = open_directory(release.directory);
  if (!to) return std::unexpected(to.error());
  std::size_t number = 0;
  for (const auto& path : paths) {
    const auto aside = fmt::format("{}/aside-{}", scratch->path(), ++number);
    if (const auto placed = put_in_place(from->get(), to->get(), path, aside); !placed) {
      return fail("{}: {}", release.directory, placed.error().message);
    }
  }
  return {};
}

}  // namespace livefix::releases
