#include "releases/carry_forecast.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>
#include <string_view>

#include "releases/beneath.h"
#include "releases/scratch.h"

namespace livefix::releases {
namespace {

struct Entry {
  std::string_view mode;
  std::string_view id;
  std::string_view path;
};

// "100644 blob ID\tPATH"
Result<Entry> entry_of(std::string_view text) {
  const auto tab = text.find('\t');
  const auto mode = text.substr(0, text.find(' '));
  const auto last = text.substr(0, tab).rfind(' ');
  if (tab == text.npos || last == text.npos) return fail("git ls-tree printed \"{}\"", text);
  return Entry{mode, text.substr(last + 1, tab - last - 1), text.substr(tab + 1)};
}

// The kept directories, all that they lie in, and the lockfiles and manifests on the way.
std::set<std::string> paths_in_question(const std::vector<std::string>& keep) {
  std::set<std::string> paths;
  for (const auto& directory : keep) {
    if (!stays_beneath(directory)) continue;  // foresee_carry_over says so
    paths.insert(directory);
    for (auto at = split_path(directory).first;; at = split_path(at).first) {
      if (!at.empty()) paths.emplace(at);
      for (const auto name : carry_over_witnesses()) {
        paths.insert(at.empty() ? std::string(name) : fmt::format("{}/{}", at, name));
      }
      if (at.empty()) break;
    }
  }
  return paths;
}

Status write_file(int directory, const std::string& name, std::string_view bytes) {
  const os::Fd file(
      openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return fail_errno("{}", name);
  while (!bytes.empty()) {
    const ssize_t size = write(file.get(), bytes.data(), bytes.size());
    if (size < 0 && errno != EINTR) return fail_errno("{}", name);
    if (size > 0) bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

// As it would be laid out: a directory (of a submodule, too), a link, or a file.
Status write_entry(const Git& git, int root, const Entry& entry) {
  if (entry.mode == "040000" || entry.mode == "160000") {
    const auto made = make_beneath(root, entry.path);
    if (!made) return std::unexpected(made.error());
    return {};
  }
  const auto [parent, name_view] = split_path(entry.path);
  const std::string name(name_view);
  const auto directory = make_beneath(root, parent);
  if (!directory) return std::unexpected(directory.error());
  const auto bytes = git.run({.arguments = {"cat-file", "blob", std::string(entry.id)}});
  if (!bytes) return std::unexpected(bytes.error());
  if (entry.mode != "120000") return write_file(directory->get(), name, bytes->output);
  if (symlinkat(bytes->output.c_str(), directory->get(), name.c_str()) < 0) {
    return fail_errno("{}", entry.path);
  }
  return {};
}

}  // namespace

Result<std::vector<Carried>> forecast_carry_over(const Git& git, const ObjectId& commit,
                                                 const std::string& from,
                                                 const std::vector<std::string>& keep) {
  if (keep.empty()) return std::vector<Carried>();
  const auto scratch = Scratch::make(git.git_dir() + "/forecast.tmp-");
  if (!scratch) return std::unexpected(scratch.error());
  const auto to = scratch->path() + "/tree";
  if (mkdir(to.c_str(), 0700) < 0) return fail_errno("{}", to);
  const auto root = open_directory(to);
  if (!root) return std::unexpected(root.error());

  // -t: the directories that the files lie in as well.
  GitCall call{.arguments = {"ls-tree", "-t", "-z", "--full-tree", commit.hex(), "--"}};
  const auto paths = paths_in_question(keep);
  call.arguments.insert(call.arguments.end(), paths.begin(), paths.end());
  const auto listed = git.run(call);
  if (!listed) return std::unexpected(listed.error());
  for (const auto line : split_list(listed->output)) {
    const auto entry = entry_of(line);
    if (!entry) return std::unexpected(entry.error());
    if (const auto written = write_entry(git, root->get(), *entry); !written) {
      return std::unexpected(written.error());
    }
  }
  return foresee_carry_over({from, to, keep});
}

}  // namespace livefix::releases
