#include "watch/git_ignored.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "os/capture.h"
#include "os/fd.h"

namespace livefix::watch {
namespace {

bool is_in_work_tree(std::string directory) {
  while (true) {
    if (access((directory + "/.git").c_str(), F_OK) == 0) return true;
    const auto slash = directory.rfind('/');
    if (slash == std::string::npos || directory.empty()) return false;
    directory.resize(slash);
  }
}

// What `git` prints, when it ends well and in time.
std::optional<std::string> ask_git(std::vector<std::string> arguments, const std::string& directory,
                                   int input, TimePoint deadline) {
  arguments.insert(arguments.begin(), "git");
  auto answer = os::capture({
      .command = std::move(arguments),
      // No lock: a look must not disturb the user's own Git.
      .environment = {"GIT_OPTIONAL_LOCKS=0", "LC_ALL=C"},
      .directory = directory,
      .standard_input = input,
      .patience = std::chrono::ceil<Milliseconds>(deadline - Clock::now()),
  });
  if (!answer) return std::nullopt;
  return std::move(*answer);
}

// The entries of a NUL-separated list that are directories.
std::vector<std::string> directories_of(std::string_view list) {
  std::vector<std::string> result;
  while (!list.empty()) {
    const auto end = std::min(list.find('\0'), list.size());
    const auto path = list.substr(0, end);
    if (path.size() > 1 && path.ends_with('/') && path != "./") result.emplace_back(path);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return result;
}

os::Fd as_input(const std::vector<std::string>& paths) {
  os::Fd file(memfd_create("livefix-paths", MFD_CLOEXEC));
  std::string list;
  for (const auto& path : paths) list.append(path).push_back('\0');
  for (std::size_t at = 0; file && at < list.size();) {
    const ssize_t size = write(file.get(), list.data() + at, list.size() - at);
    if (size <= 0) return {};
    at += static_cast<std::size_t>(size);
  }
  if (file) lseek(file.get(), 0, SEEK_SET);
  return file;
}

}  // namespace

std::vector<std::string> directories_ignored_by_git(const std::string& directory,
                                                    Milliseconds patience) {
  if (!is_in_work_tree(directory)) return {};
  const auto deadline = Clock::now() + patience;
  const auto listed =
      ask_git({"ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"},
              directory, -1, deadline);
  // That list also has directories in which merely every file there is now is ignored, such as
  // one with nothing but a local.json. Those are to be watched, so ask which are ignored as such.
  const auto candidates = directories_of(listed.value_or(""));
  if (candidates.empty()) return {};
  const auto input = as_input(candidates);
  if (!input) return {};
  const auto confirmed =
      ask_git({"check-ignore", "-z", "--stdin"}, directory, input.get(), deadline);
  auto result = directories_of(confirmed.value_or(""));
  for (auto& path : result) path.pop_back();
  return result;
}

}  // namespace livefix::watch
