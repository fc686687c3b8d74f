// What Git and the disk do for the rollouts of a run: commits are looked at, laid out and made to
// last, and the branch is kept in step with what runs. Everything here blocks, and is called on
// control's background thread, one call at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/push_request.h"
#include "model/run_spec.h"
#include "releases/carry_over.h"
#include "releases/commit_reader.h"
#include "releases/release_store.h"

namespace livefix::control {

struct RunningRelease {
  std::string commit;  // whole id
  Artifacts artifacts;
};
// By service; none: it runs nothing yet.
using RunningReleases = std::map<std::string, RunningRelease>;

struct ExaminedPush {
  releases::Commit commit;
  std::vector<std::string> touched;  // services whose files are others than those that run
  std::size_t changed_files = 0;     // since what runs
  bool is_forced = false;            // what the branch was at is not in its history
  std::string signed_by;             // empty: nobody asked
};

struct LaidOutCommit {
  releases::Release release;
  std::vector<releases::Carried> carried;
};

class CommitStore {
 public:
  // Makes repository and directories where they are not there.
  static Result<CommitStore> open(const RunSpec& run);

  // The error is why it is refused, in a sentence for whoever pushed.
  Result<ExaminedPush> examine(const PushRequest& push, const RefUpdate& update,
                               const RunningReleases& running) const;
  // `from`: the directory of the release that runs, which hands its `keep` on; empty: none.
  Result<LaidOutCommit> lay_out(const std::string& commit,
                                const std::optional<releases::Quarantine>& quarantine,
                                const Artifacts& artifacts, const std::string& from);
  // It is in the repository for good, whatever becomes of the push.
  Status keep(const std::string& commit, const std::optional<releases::Quarantine>& quarantine);
  // After Git had its time to move the branch: it is moved when Git did not.
  Status settle_branch(const std::string& commit);
  // A commit on the branch that brings the files of `commit` back, of these services alone. Returns
  // its id; of one that would change nothing that of the branch.
  Result<std::string> revert_branch(const std::string& commit,
                                    const std::vector<std::string>& services,
                                    const std::string& who);
  // Whether the release is laid out and built.
  Result<bool> has(const std::string& release_id) const;
  Status mark_built(const std::string& release_id) { return store_.mark_built(release_id); }
  // Of releases that failed and of old ones, and of artifacts that are in none that is left.
  Status remove(const std::string& release_id) { return store_.remove(release_id); }
  Status prune(const std::set<std::string>& in_use);

  const releases::Git& git() const { return store_.git(); }

 private:
  CommitStore(const RunSpec& run, releases::ReleaseStore store, releases::ArtifactStore artifacts)
      : services_(run.services),
        spec_(*run.commits),
        store_(std::move(store)),
        artifacts_(std::move(artifacts)) {}

  Status refuse_repetition(const releases::ObjectId& commit) const;
  Status refuse_what_is_not_here(const releases::Git& git, const releases::ObjectId& commit,
                                 const std::string& place) const;

  std::vector<ServiceSpec> services_;
  CommitSpec spec_;
  releases::ReleaseStore store_;
  releases::ArtifactStore artifacts_;
};

// $LIVEFIX_DIR/artifacts, which others may use at the same time.
releases::ArtifactStore artifacts_of(const CommitSpec& spec);

}  // namespace livefix::control
