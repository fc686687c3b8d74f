#include "control/missed_change.h"

#include <sys/stat.h>

#include "watch/git_ignored.h"
#include "watch/path_filter.h"
#include "watch/tree_walk.h"

namespace livefix::control {
namespace {

constexpr Milliseconds kPatienceWithGit{500};

// The time of the last change of the inode: unlike that of the contents, nobody can set it back,
// and a rename moves it.
std::chrono::system_clock::time_point changed_at(const struct stat& status) {
  const auto since_epoch = std::chrono::seconds(status.st_ctim.tv_sec) +
                           std::chrono::nanoseconds(status.st_ctim.tv_nsec);
  return std::chrono::system_clock::time_point(
      std::chrono::duration_cast<std::chrono::system_clock::duration>(since_epoch));
}

}  // namespace

bool saved_after(const std::string& directory, const WatchSpec& spec,
                 std::chrono::system_clock::time_point time) {
  bool found = false;
  const auto look = [&](const std::string& file) {
    struct stat status{};
    const std::string path = watch::absolute_path(directory, file);
    if (!found && stat(path.c_str(), &status) == 0) found = changed_at(status) > time;
  };
  for (const std::string& file : spec.files) look(file);
  const watch::PathFilter filter(spec,
                                 watch::directories_ignored_by_git(directory, kPatienceWithGit));
  watch::walk_tree(
      directory, "", watch::Reach::whole, filter,
      {.on_directory = [&](const std::string&, watch::Reach) { return !found; }, .on_file = look});
  return found;
}

}  // namespace livefix::control
