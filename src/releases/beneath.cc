#include "releases/beneath.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

namespace livefix::releases {
namespace {

constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

os::Fd enter(int parent, const std::string& name) {
  return os::Fd(openat(parent, name.c_str(), kDirectory | O_NOFOLLOW));
}

os::Fd enter_or_make(int parent, const std::string& name) {
  auto found = enter(parent, name);
  if (found) return found;
  if ((errno == ENOTDIR || errno == ELOOP) && unlinkat(parent, name.c_str(), 0) < 0) return {};
  if (mkdirat(parent, name.c_str(), 0777) < 0 && errno != EEXIST) return {};
  return enter(parent, name);
}

os::Fd enter_or_complete(int parent, const std::string& name) {
  auto found = enter(parent, name);
  if (found || errno != ENOENT) return found;
  if (mkdirat(parent, name.c_str(), 0777) < 0 && errno != EEXIST) return {};
  return enter(parent, name);
}

template <class Enter>
Result<os::Fd> walk(int root, std::string_view directory, Enter enter_next) {
  if (!directory.empty() && !stays_beneath(directory)) {
    return fail("{} does not stay below its directory", directory);
  }
  os::Fd at(fcntl(root, F_DUPFD_CLOEXEC, 3));
  if (!at) return fail_errno("dup");
  for (auto left = directory; !left.empty();) {
    const auto end = std::min(left.find('/'), left.size());
    auto next = enter_next(at.get(), std::string(left.substr(0, end)));
    if (!next) return fail_errno("{}", directory);
    at = std::move(next);
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return at;
}

}  // namespace

std::pair<std::string_view, std::string_view> split_path(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return {{}, path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

bool stays_beneath(std::string_view path) {
  if (path.empty() || path.ends_with('/')) return false;
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    const auto name = path.substr(0, end);
    if (name.empty() || name == "." || name == "..") return false;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return true;
}

Result<os::Fd> open_directory(const std::string& path) {
  os::Fd result(open(path.c_str(), kDirectory));
  if (!result) return fail_errno("{}", path);
  return result;
}

Result<os::Fd> open_beneath(int root, std::string_view directory) {
  return walk(root, directory, enter);
}

Result<os::Fd> make_beneath(int root, std::string_view directory) {
  return walk(root, directory, enter_or_make);
}

Result<os::Fd> complete_beneath(int root, std::string_view directory) {
  return walk(root, directory, enter_or_complete);
}

}  // namespace livefix::releases
