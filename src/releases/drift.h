// Drift: bytes that lie in a release and are in no commit, because somebody edited files there or a
// program writes into its own code. Only files of the commit are looked at; what a build step or
// the program adds is its own. Blocks; called by control on its background thread, one at a time.
//
// The index beside the release remembers size, times and inode of each file, so that a look reads
// the contents of those alone that were touched. A look makes no change but in the index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "releases/commit_reader.h"
#include "releases/git_command.h"
#include "releases/release_store.h"

namespace livefix::releases {

struct DriftedFile {
  enum class Kind : std::uint8_t { contents, mode, type, missing };
  std::string path;  // relative to the release; a stranger's bytes
  Kind kind;

  bool operator==(const DriftedFile&) const = default;
};

// In the order of the paths; empty when all is as in the commit.
Result<std::vector<DriftedFile>> find_drift(const Git& git, const Release& release);

// What changed in these files, as `git diff`, from the commit to what lies there now; at most
// `most` bytes.
Result<DiffText> drift_text(const Git& git, const Release& release,
                            const std::vector<DriftedFile>& files, std::size_t most);

// Gives files the bytes and mode of the commit again, each by rename: a program that reads one gets
// the old or the new. What stands in the way (a directory, a link) is removed. Fails for a path
// that is not of the commit, before anything is changed.
Status put_back(const Git& git, const Release& release, const std::vector<std::string>& paths);

}  // namespace livefix::releases
