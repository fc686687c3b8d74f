#include "watch/tree_walk.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <utility>
#include <vector>

namespace livefix::watch {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

struct Visit {
  std::string directory;
  Reach reach;
};

PathKind kind_of_entry(const dirent& entry, const std::string& path) {
  switch (entry.d_type) {
    case DT_REG:
      return PathKind::file;
    case DT_DIR:
      return PathKind::directory;
    case DT_LNK:
    case DT_UNKNOWN:
      return kind_of(path);
    default:
      return PathKind::other;
  }
}

bool is_virtual_environment(const std::string& directory) {
  return access((directory + "/pyvenv.cfg").c_str(), F_OK) == 0;
}

}  // namespace

PathKind kind_of(const std::string& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) < 0) return PathKind::missing;
  if (S_ISREG(status.st_mode)) return PathKind::file;
  if (S_ISDIR(status.st_mode)) return PathKind::directory;
  if (!S_ISLNK(status.st_mode)) return PathKind::other;
  if (stat(path.c_str(), &status) < 0) return PathKind::missing;
  if (S_ISREG(status.st_mode)) return PathKind::file_link;
  return S_ISDIR(status.st_mode) ? PathKind::directory_link : PathKind::other;
}

std::string join(const std::string& directory, std::string_view name) {
  std::string result = directory;
  if (!result.empty() && !result.ends_with('/')) result += '/';
  return result.append(name);
}

std::string absolute_path(const std::string& root, std::string_view path) {
  if (path.empty()) return root;
  return path.front() == '/' ? std::string(path) : join(root, path);
}

void walk_tree(const std::string& root, const std::string& start, Reach start_reach,
               const PathFilter& filter, const WalkVisitor& visitor) {
  std::vector<Visit> waiting{{start, start_reach}};
  while (!waiting.empty()) {
    const auto [directory, reach] = std::move(waiting.back());
    waiting.pop_back();
    const auto full_path = absolute_path(root, directory);
    if (!directory.empty() && is_virtual_environment(full_path)) continue;
    if (!visitor.on_directory(directory, reach)) continue;
    const std::unique_ptr<DIR, CloseDirectory> handle(opendir(full_path.c_str()));
    if (!handle) continue;
    while (const dirent* entry = readdir(handle.get())) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      const auto path = join(directory, name);
      switch (kind_of_entry(*entry, absolute_path(root, path))) {
        case PathKind::directory:
          if (const auto below = filter.reach(reach, path); below != Reach::none) {
            waiting.push_back({path, below});
          }
          break;
        case PathKind::directory_link:
          if (filter.reach(reach, path) == Reach::whole) visitor.on_file(path);
          break;
        case PathKind::file:
        case PathKind::file_link:
          if (filter.watches(reach, path)) visitor.on_file(path);
          break;
        default:
          break;
      }
    }
  }
}

}  // namespace livefix::watch
