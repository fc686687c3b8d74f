#include "releases/leftovers.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "releases/scratch.h"

namespace livefix::releases {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLock = ".lock";
constexpr std::string_view kPushes = "tmp_objdir-";  // git-receive-pack(1), quarantine environment
constexpr std::string_view kHalf = "tmp_";           // a pack or an index of one, half written

bool is_older(const std::string& path, std::chrono::seconds age) {
  struct stat status{};
  if (lstat(path.c_str(), &status) < 0) return false;
  const auto touched =
      std::chrono::system_clock::time_point(std::chrono::seconds(status.st_mtim.tv_sec));
  return std::chrono::system_clock::now() - touched > age;
}

// By a walk that follows no link; `below`: also in directories of it.
std::vector<std::string> locks_in(const std::string& directory, bool below) {
  std::vector<std::string> locks;
  std::error_code failed;
  for (fs::recursive_directory_iterator entry(directory, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (!below) entry.disable_recursion_pending();
    std::error_code unknown;
    const bool is_file = entry->symlink_status(unknown).type() == fs::file_type::regular;
    if (is_file && entry->path().filename().string().ends_with(kLock)) {
      locks.push_back(entry->path());
    }
  }
  return locks;
}

void remove_older(const std::string& directory, std::string_view prefix, std::chrono::seconds age) {
  std::vector<std::string> found;
  std::error_code failed;
  for (fs::directory_iterator entry(directory, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (entry->path().filename().string().starts_with(prefix)) found.push_back(entry->path());
  }
  for (const auto& path : found) {
    if (!is_older(path, age)) continue;
    const auto ignored = remove_tree(path);
    static_cast<void>(ignored);
  }
}

}  // namespace

void remove_leftovers(const Git& git, LeftoverAges ages) {
  const std::string& place = git.git_dir();
  auto locks = locks_in(place, false);  // packed-refs.lock, HEAD.lock, config.lock
  for (auto& lock : locks_in(place + "/refs", true)) locks.push_back(std::move(lock));
  for (const auto& lock : locks) {
    std::error_code ignored;
    if (is_older(lock, ages.lock)) fs::remove(lock, ignored);
  }
  remove_older(place + "/objects", kPushes, ages.push);
  remove_older(place + "/objects/pack", kHalf, ages.push);
}

}  // namespace livefix::releases
