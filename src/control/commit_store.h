// What Git and the disk do for the rollouts of a run: commits are looked at, laid out and made to
// last, and the branch is kept in step with what runs. Everything here blocks, and is called on
// control's background thread, one call at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "control/commit_findings.h"
#include "control/push_request.h"
#include "model/run_spec.h"
#include "releases/carry_over.h"
#include "releases/commit_reader.h"
#include "releases/release_store.h"
#include "releases/tree_survey.h"

namespace livefix::control {

struct ExaminedPush {
  releases::Commit commit;
  std::vector<std::string> touched;  // services whose files are others than those that run
  std::size_t changed_files = 0;     // since what runs
  bool is_forced = false;            // what the branch was at is not in its history
  std::string signed_by;             // empty: nobody asked
  releases::TreeSurvey survey{};     // of all files, once a service is touched
  std::string refusal{};             // why this commit cannot run here; empty: it can
};

// What made the services run what they run now.
struct LiveChange {
  std::string commit;
  std::vector<std::string> services;
  std::string who;
  bool is_rollback = false;
  RunningReleases running{};  // of all services
};

// Files of a release that lay there, edited by hand, which have the bytes of their commit again.
struct PutBack {
  std::vector<std::string> files{};  // as they are told
  std::string branch{};              // where a commit of the edits is; empty: they are gone
};

struct LaidOutCommit {
  releases::Release release;
  std::vector<releases::Carried> carried;
  PutBack put_back{};
};

class CommitStore {
 public:
  // Makes repository and directories where they are not there.
  static Result<CommitStore> open(const RunSpec& run);

  // The error, too, is a sentence for whoever pushed: the commit could not even be looked at.
  Result<ExaminedPush> examine(const PushRequest& push, const RefUpdate& update,
                               const RunningReleases& running) const;
  // `from`: the directory of the release that runs, which hands its `keep` on; empty: none.
  Result<LaidOutCommit> lay_out(const std::string& commit,
                                const std::optional<releases::Quarantine>& quarantine,
                                const Artifacts& artifacts, const std::string& from,
                                const releases::TreeSurvey& survey);
  // The objects are in the repository whatever becomes of the push: the larger part of keep(),
  // which may be done before it is known whether the commit is kept. Without a name for it they are
  // waste.
  Status keep_objects(const std::string& commit,
                      const std::optional<releases::Quarantine>& quarantine);
  // It is in the repository for good.
  Status keep(const std::string& commit, const std::optional<releases::Quarantine>& quarantine);
  // The branch is moved to that commit, wherever it is.
  Status move_branch(const std::string& commit);
  // Where the files of the services at the head of the branch are not those that run, the branch
  // gets what Git, or a control, died before it could give it: the commit that was pushed, or one
  // that takes the newer ones back.
  Status settle_branch(const LiveChange& change);
  // A commit on the branch that brings the files of `commit` back, of these services alone. Returns
  // its id; of one that would change nothing that of the branch.
  Result<std::string> revert_branch(const std::string& commit,
                                    const std::vector<std::string>& services,
                                    const std::string& who);
  // Whether the release is laid out and built.
  Result<bool> has(const std::string& release_id) const;
  Status mark_built(const std::string& release_id, bool adds_files) {
    return store_.mark_built(release_id, adds_files);
  }
  // Of releases that failed and of old ones, and of artifacts that are in none that is left.
  Status remove(const std::string& release_id) { return store_.remove(release_id); }
  // Also of pushes whose Git has died.
  Status prune(const std::set<std::string>& in_use, const std::set<std::string>& were_live);
  // Deletes the files of what was removed; returns soon after `stop` was asked for. The one
  // function that may run beside the others, on another thread.
  Status sweep(const std::stop_token& stop) const { return store_.sweep(stop); }

  const releases::Git& git() const { return store_.git(); }
  const releases::ReleaseStore& release_store() const { return store_; }
  const std::vector<ServiceSpec>& services() const { return services_; }
  const CommitSpec& spec() const { return spec_; }
  // Of all services, from the top of a commit.
  std::vector<std::string> keep_directories() const;

 private:
  CommitStore(const RunSpec& run, releases::ReleaseStore store, releases::ArtifactStore artifacts)
      : services_(run.services),
        spec_(*run.commits),
        store_(std::move(store)),
        artifacts_(std::move(artifacts)) {}

  // A commit that the branch is not at has nothing that could be rolled out again.
  Status refuse_repetition(const releases::ObjectId& commit) const;
  // Whether the services' files at a commit are those that run.
  Result<bool> is_what_runs(const releases::ObjectId& head, const RunningReleases& running) const;

  std::vector<ServiceSpec> services_;
  CommitSpec spec_;
  releases::ReleaseStore store_;
  std::string objects_kept_;  // the commit of the last keep_objects()
  releases::ArtifactStore artifacts_;
};

// $LIVEFIX_DIR/artifacts, which others may use at the same time.
releases::ArtifactStore artifacts_of(const CommitSpec& spec);

}  // namespace livefix::control
