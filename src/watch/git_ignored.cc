#include "watch/git_ignored.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "os/spawn.h"
#include "os/terminal.h"

namespace livefix::watch {
namespace {

constexpr std::size_t kLongestAnswer = 8U << 20;

bool is_in_work_tree(std::string directory) {
  while (true) {
    if (access((directory + "/.git").c_str(), F_OK) == 0) return true;
    const auto slash = directory.rfind('/');
    if (slash == std::string::npos || directory.empty()) return false;
    directory.resize(slash);
  }
}

// Everything that comes out of `fd` until its end; nullopt when that takes longer than allowed.
std::optional<std::string> read_all(int fd, TimePoint deadline) {
  std::string result;
  char buffer[16384];
  while (result.size() < kLongestAnswer) {
    const auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now()).count();
    pollfd ready{fd, POLLIN, 0};
    if (left <= 0 || poll(&ready, 1, static_cast<int>(left)) <= 0) return std::nullopt;
    const ssize_t size = read(fd, buffer, sizeof buffer);
    if (size < 0) return std::nullopt;
    if (size == 0) return result;
    result.append(buffer, static_cast<std::size_t>(size));
  }
  return std::nullopt;
}

// What `git` prints, when it ends well and in time.
std::optional<std::string> ask_git(std::vector<std::string> arguments, const std::string& directory,
                                   int input, TimePoint deadline) {
  auto channel = os::open_pipe();
  if (!channel) return std::nullopt;
  const os::Fd null(open("/dev/null", O_WRONLY | O_CLOEXEC));
  arguments.insert(arguments.begin(), "git");
  const auto git = os::spawn({
      .command = std::move(arguments),
      // No lock: a look must not disturb the user's own Git.
      .environment = os::environment_with({"GIT_OPTIONAL_LOCKS=0", "LC_ALL=C"}),
      .directory = directory,
      .standard_input = input,
      .standard_output = channel->writer.get(),
      .standard_error = null.get(),
  });
  if (!git) return std::nullopt;
  channel->writer.reset();
  auto answer = read_all(channel->reader.get(), deadline);
  if (!answer) kill(git->pid, SIGKILL);
  int wait_status = 0;
  while (waitpid(git->pid, &wait_status, 0) < 0 && errno == EINTR) {
  }
  if (wait_status != 0) return std::nullopt;
  return answer;
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
