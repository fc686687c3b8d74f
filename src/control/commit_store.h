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
#include "releases/tree_survey.h"

namespace livefix::control {

// Of a service: the commit that it runs; none: it runs nothing yet.
using RunningCommits = std::map<std::string, std::string>;

struct ExaminedPush {
  releases::Commit commit;
  std::vector<std::string> touched;  // services whose files are others than those that run
  std::size_t changed_files = 0;     // since what runs
  bool is_forced = false;            // what the branch was at is not in its history
  std::string signed_by;             // empty: nobody asked
  releases::TreeSurvey survey{};     // of all files, once a service is touched
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
                               const RunningCommits& running) const;
  // `from`: the directory of the release that runs, which hands its `keep` on; empty: none.
  Result<LaidOutCommit> lay_out(const std::string& commit,
                                const std::optional<releases::Quarantine>& quarantine,
                                const std::string& from, const releases::TreeSurvey& survey);
  // The objects are in the repository whatever becomes of the push: the larger part of keep(),
  // which may be done before it is known whether the commit is kept. Without a name for it they are
  // waste.
  Status keep_objects(const std::string& commit,
                      const std::optional<releases::Quarantine>& quarantine);
  // It is in the repository for good.
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
  Status mark_built(const std::string& release_id, bool adds_files) {
    return store_.mark_built(release_id, adds_files);
  }
  // Of releases that failed and of old ones.
  Status remove(const std::string& release_id) { return store_.remove(release_id); }
  Status prune(const std::set<std::string>& in_use);

  const releases::Git& git() const { return store_.git(); }

 private:
  CommitStore(const RunSpec& run, releases::ReleaseStore store)
      : services_(run.services), spec_(*run.commits), store_(std::move(store)) {}

  // The trees of all services in the commit and, behind those, in what runs of each.
  struct Trees {
    std::vector<std::optional<releases::ObjectId>> pushed;
    std::vector<std::optional<releases::ObjectId>> running;
  };
  Result<Trees> trees_of(const releases::Git& git, const releases::ObjectId& commit,
                         const RunningCommits& running) const;

  std::vector<ServiceSpec> services_;
  CommitSpec spec_;
  releases::ReleaseStore store_;
  std::string objects_kept_;  // the commit of the last keep_objects()
};

}  // namespace livefix::control
