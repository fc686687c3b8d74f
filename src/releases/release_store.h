// The releases that lie on the disk: $LIVEFIX_DIR/releases/ID/, where ID is the first 12 digits of
// a commit, and of a release with artifacts also 8 digits that stand for them. Beside each
// directory are the files ID.commit (the whole name of the commit; its time is when the release was
// last wanted), ID.index (Git's index of it, see drift.h), ID.artifacts where there are some and,
// once its build step is done, ID.built (docs/releases.md).
//
// A release is there whole or not at all: it is laid out under another name and renamed when
// everything is on the disk. Owned by control; its functions block and are called on a background
// thread, one at a time, by one process.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/artifact.h"
#include "releases/artifact_store.h"
#include "releases/git_command.h"
#include "releases/object_id.h"
#include "releases/tree_survey.h"

namespace livefix::releases {

struct Release {
  std::string id;
  ObjectId commit;
  Artifacts artifacts{};
  std::string directory;  // absolute
  bool built = false;
  std::chrono::system_clock::time_point wanted{};  // laid out, or asked for again

  std::string index_file() const { return directory + ".index"; }
};

// "8e060242090a", "8e060242090a-1f2e3d4c"
std::string release_id(const ObjectId& commit, std::span<const Artifact> artifacts = {});

class ReleaseStore {
 public:
  // Makes `directory` (absolute) when it is not there, and takes away what a crash has left in it;
  // as with remove(), sweep() is still to come. What a full disk does not let it take away stays
  // until the next time. Artifacts come from `artifacts`.
  static Result<ReleaseStore> open(Git git, std::string directory, ArtifactStore artifacts,
                                   TreeLimits limits = {});

  // The files of a commit as they are in it, byte for byte, and beside them the artifacts, none of
  // which may have the path of a file of the commit. A release that is there is used again.
  // `quarantine`: the commit is part of a push that has not been accepted. Submodules become empty
  // directories and LFS pointers files of a few lines: refuse them before (survey_tree).
  // `surveyed`: what survey_tree() said of all of the commit; nullptr: it is still to be asked.
  Result<Release> lay_out(const ObjectId& commit,
                          const std::optional<Quarantine>& quarantine = std::nullopt,
                          const Artifacts& artifacts = {}, const TreeSurvey* surveyed = nullptr);

  // "The build step of this release ended well." A release that is laid out and not built may hold
  // half a build: remove it and lay it out anew.
  // `adds_files`: it may have made some, which the mark has to come behind.
  Status mark_built(const std::string& id, bool adds_files = true);

  // Newest first.
  Result<std::vector<Release>> list() const;
  // Nothing when there is no such release.
  Result<std::optional<Release>> find(const std::string& id) const;

  // Takes its name away, in a moment; sweep() does the rest. Absent is as good as removed. The
  // caller knows that nothing runs in it.
  Status remove(const std::string& id);
  // Leaves those of `in_use`, beside them the newest `keep` of those that `were_live`, and of the
  // others the newest one, which may come again and need no build then. Returns the ids that it
  // removed.
  Result<std::vector<std::string>> prune(std::size_t keep, const std::set<std::string>& in_use,
                                         const std::set<std::string>& were_live);

  // Deletes the files of what was removed, and of what a crash had left. Twenty thousand files took
  // a minute and a half on a disk that is told of each free block (mount option `discard`), so no
  // release should have to wait for it: this one function may run on another thread meanwhile.
  // After `stop` was asked for it returns soon.
  Status sweep(const std::stop_token& stop = {}) const;

  const std::string& directory() const { return directory_; }
  const Git& git() const { return git_; }

 private:
  ReleaseStore(Git git, std::string directory, ArtifactStore artifacts, TreeLimits limits)
      : git_(std::move(git)),
        directory_(std::move(directory)),
        artifacts_(std::move(artifacts)),
        limits_(limits) {}

  Result<Release> make(const Git& git, const ObjectId& commit, const Artifacts& artifacts,
                       const TreeSurvey* surveyed);
  Result<std::uint64_t> size_of(const Artifacts& artifacts) const;
  Status place(const Artifacts& artifacts, const std::string& tree) const;
  std::string path_of(const std::string& name) const { return directory_ + "/" + name; }

  Git git_;
  std::string directory_;
  ArtifactStore artifacts_;
  TreeLimits limits_;
};

}  // namespace livefix::releases
