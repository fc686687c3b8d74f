// Drift of the releases that run: the bytes that lie there against their commits
// (releases/drift.h), and the two ways out, a commit of them or the files as they were. Blocks;
// called on control's background thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/commit_store.h"
#include "releases/drift.h"

namespace livefix::control {

// A release, and whose generations run it.
struct RunningRelease {
  std::uint32_t number = 0;
  std::string id;    // of its directory
  std::string name;  // "7f3c2d1"
  std::string commit;
  std::vector<std::string> services;
};

struct ReleaseDrift {
  RunningRelease release;
  std::vector<releases::DriftedFile> files;  // in the order of their paths; empty: none
  releases::DiffText diff{};                 // where it was asked for
};

// Of each. `most_diff`: bytes of all diffs together; 0: none is made.
Result<std::vector<ReleaseDrift>> look_for_drift(const CommitStore& store,
                                                 const std::vector<RunningRelease>& running,
                                                 std::size_t most_diff);

struct AdoptedDrift {
  ReleaseDrift drift;
  releases::ObjectId commit;
  std::string branch;
};

// A commit of each that has drifted, on top of its own, on a branch that was not there. `branch`
// empty: "drift/7f3c2d1-1", or the next that is free. Fails when nothing has drifted.
Result<std::vector<AdoptedDrift>> adopt_drift(const CommitStore& store,
                                              const std::vector<RunningRelease>& running,
                                              const std::string& branch, const std::string& who);

// Puts the files of the commits back, and returns which. What was in them is gone. Fails when
// nothing has drifted.
Result<std::vector<ReleaseDrift>> restore_drift(const CommitStore& store,
                                                const std::vector<RunningRelease>& running);

// For a release that lies there and is to be started: what its commit says is what will run.
// `keeps_edits`: somebody may want them, because it was live; they become a commit as by
// adopt_drift(). `quarantine`: the commit is part of a push that has not been accepted.
Result<PutBack> put_edits_back(const CommitStore& store, const RunningRelease& release,
                               const std::optional<releases::Quarantine>& quarantine,
                               bool keeps_edits, const std::string& who);

// "edited by hand where the release lay, and as committed again: server.js; the edits are on
// drift/7f3c2d1-1".
std::string text_of(const PutBack& put_back);

std::string_view name_of(releases::DriftedFile::Kind kind);  // "edited"
// Paths as they are told and recorded, at most 1,000.
std::vector<std::string> paths_of(const std::vector<releases::DriftedFile>& files);

}  // namespace livefix::control
