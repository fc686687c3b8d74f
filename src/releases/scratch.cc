#include "releases/scratch.h"

#include <cstdlib>
#include <filesystem>
#include <vector>

namespace livefix::releases {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMark = ".tmp-";

std::vector<std::string> directories_in(const std::string& path) {
  std::vector<std::string> result;
  std::error_code failed;
  for (fs::directory_iterator entry(path, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    std::error_code unknown;
    if (entry->symlink_status(unknown).type() == fs::file_type::directory) {
      result.push_back(entry->path());
    }
  }
  return result;
}

// So that their entries can be removed.
void make_directories_writable(const std::string& path) {
  std::error_code failed;
  fs::permissions(path, fs::perms::owner_all, fs::perm_options::add | fs::perm_options::nofollow,
                  failed);
  for (const auto& directory : directories_in(path)) make_directories_writable(directory);
}

}  // namespace

bool is_directory(const std::string& path) {
  std::error_code unknown;
  return fs::symlink_status(path, unknown).type() == fs::file_type::directory;
}

Result<Scratch> Scratch::make(const std::string& prefix) {
  std::string path = prefix + "XXXXXX";
  if (!mkdtemp(path.data())) return fail_errno("{}", path);
  return Scratch(std::move(path));
}

Scratch::~Scratch() {
  if (path_.empty()) return;
  // What cannot be removed now is tried again when the place is opened.
  const auto ignored = remove_tree(path_);
  (void)ignored;
}

void remove_scratch(const std::string& directory, std::string_view of) {
  std::error_code failed;
  std::vector<std::string> left;
  for (fs::directory_iterator entry(directory, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const auto name = entry->path().filename().string();
    if (name.starts_with(of) && name.contains(kMark)) left.push_back(entry->path());
  }
  for (const auto& path : left) {
    const auto ignored = remove_tree(path);
    (void)ignored;
  }
}

Status remove_tree(const std::string& path, const std::stop_token& stop) {
  // Directory by directory: remove_all() of the whole cannot be interrupted, and may take minutes.
  if (is_directory(path)) {
    for (const auto& directory : directories_in(path)) {
      if (stop.stop_requested()) return {};
      if (auto removed = remove_tree(directory, stop); !removed) return removed;
    }
  }
  if (stop.stop_requested()) return {};
  std::error_code failed;
  fs::remove_all(path, failed);
  if (failed == std::errc::permission_denied) {
    make_directories_writable(path);
    fs::remove_all(path, failed);
  }
  if (failed) return fail("{} cannot be removed: {}", path, failed.message());
  return {};
}

}  // namespace livefix::releases
