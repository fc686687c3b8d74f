// Which directories are entered and which files are watched: names only, no system call. Paths are
// relative to the service's directory ("" is the directory itself), or absolute for what lies
// outside of it. Immutable after construction.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/service_spec.h"

namespace livefix::watch {

// How far into a directory the watcher looks.
enum class Reach : std::uint8_t {
  none,     // not at all
  passing,  // only for files that WatchSpec::files names, here or below
  whole,
};

class PathFilter {
 public:
  // `ignored_by_git`: directories, relative, without a slash at the end.
  PathFilter(WatchSpec spec, std::vector<std::string> ignored_by_git);

  // Of `directory`, whose parent has reach `parent`.
  Reach reach(Reach parent, std::string_view directory) const;
  // Whether `file`, in a directory of reach `parent`, is watched.
  bool watches(Reach parent, std::string_view file) const;

  const std::vector<std::string>& named_files() const { return spec_.files; }

 private:
  bool ignores_directory(std::string_view directory) const;
  bool has_watched_extension(std::string_view name) const;

  WatchSpec spec_;
  std::vector<std::string> ignored_by_git_;  // sorted
};

// What editors leave beside a file while they save it, and byte code.
bool is_by_product(std::string_view file_name);

}  // namespace livefix::watch
