// One look at a directory tree through a PathFilter.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "watch/path_filter.h"

namespace livefix::watch {

struct WalkVisitor {
  // Called before the directory is read, so that a watch that is added here misses nothing. False:
  // the directory is left out.
  std::function<bool(const std::string& directory, Reach reach)> on_directory;
  // Regular files and symbolic links to files that the filter watches, and links to directories
  // that it would enter; those are not followed.
  std::function<void(const std::string& file)> on_file;
};

// `start` is relative to `root`, or absolute. What cannot be read, or went away meanwhile, is
// passed over.
void walk_tree(const std::string& root, const std::string& start, Reach reach,
               const PathFilter& filter, const WalkVisitor& visitor);

enum class PathKind : std::uint8_t { missing, other, file, directory, file_link, directory_link };
// What lies at an absolute path.
PathKind kind_of(const std::string& path);

// "a/b" of "a" and "b"; "b" of "" and "b".
std::string join(const std::string& directory, std::string_view name);
// "/root/a" of "/root" and "a"; absolute ones stay.
std::string absolute_path(const std::string& root, std::string_view path);

}  // namespace livefix::watch
