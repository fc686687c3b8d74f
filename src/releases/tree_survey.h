// A look at all files of a commit before any is laid out: is it something that can be, how much is
// it, and what is in it that would not be what it seems. Blocks; see git_command.h for the thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "releases/git_command.h"
#include "releases/object_id.h"

namespace livefix::releases {

struct TreeLimits {
  std::size_t files = 500'000;
  std::uint64_t bytes = 8ULL << 30;
};

// Paths are from the top of the tree.
struct TreeSurvey {
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  // Mode 160000: a commit of another repository, which is not here. Its directory would be empty.
  std::vector<std::string> submodules;
  // Files of Git LFS: what would be laid out is a few lines that name the real contents.
  std::vector<std::string> lfs_pointers;
  // Symbolic links that point out of the tree, absolute ones included. They are laid out as they
  // are; livefix itself follows none.
  std::vector<std::string> outward_links;
};

// Of the files below `directory` ("" for all). Fails for a tree that cannot be laid out as it is,
// naming the path: "..", ".git" or nothing for a name, a file and a directory of the same name,
// more than the limits.
Result<TreeSurvey> survey_tree(const Git& git, const ObjectId& commit, std::string_view directory,
                               const TreeLimits& limits = {});

// A path as it may be shown in one line: control characters and quotes escaped as in C.
std::string printable(std::string_view path);

}  // namespace livefix::releases
