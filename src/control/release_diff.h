// What runs against a commit, as `git diff`: GET /v1/diff, `livefix diff`. Blocks; called on
// control's background thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "control/commit_store.h"

namespace livefix::control {

// Services that run the same commit share one.
struct ReleaseDiff {
  std::vector<std::string> services;
  releases::ObjectId from;  // what they run
  releases::ObjectId to;
  releases::DiffText diff;
};

inline constexpr std::size_t kMostDiff = 1 << 20;  // bytes, of all together

// Where all run the same commit its whole tree is compared, else of each service its own place.
// `revision` as in find_commit(). Fails when nothing runs.
Result<std::vector<ReleaseDiff>> diff_to(const CommitStore& store, const std::string& revision,
                                         const RunningReleases& running);

}  // namespace livefix::control
