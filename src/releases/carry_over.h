// Directories that are in no commit and dear to make (node_modules), taken from one release to the
// next while the lockfiles that they were made from are the same. Blocks; called by control on its
// background thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "releases/tree_copy.h"

namespace livefix::releases {

struct CarryRequest {
  std::string from;               // the directory of a release that was built
  std::string to;                 // of one that was just laid out
  std::vector<std::string> keep;  // relative to both, "node_modules", "shop/node_modules"
  CopyWay first_way = CopyWay::clone;
};

struct Carried {
  std::string directory;
  std::string skipped;  // why not, "package-lock.json changed"; empty: it was carried over
  CopyCount count{};
};

// One answer for each of `keep`. A lockfile counts in the directory beside the kept one and in all
// above it, up to the release; where there is none, the manifest does (package.json). What is
// skipped is left to the build step. Each directory comes whole or not at all, by rename. Fails
// when the copy does (a full disk), or when a path of `keep` leads out of the release.
Result<std::vector<Carried>> carry_over(const CarryRequest& request);

// The same answers, and nothing is copied.
Result<std::vector<Carried>> foresee_carry_over(const CarryRequest& request);

// The names of files that say what was in a directory when it was made, lockfiles and manifests.
std::vector<std::string_view> carry_over_witnesses();

}  // namespace livefix::releases
