// What is found of a commit before it is laid out, service by service. A push is judged by it
// (commit_store.h) and `livefix plan` shows it (release_plan.h), so that the two cannot differ.
// Blocks; called on control's background thread.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/artifact.h"
#include "model/commit_spec.h"
#include "model/service_spec.h"
#include "releases/commit_reader.h"
#include "releases/git_command.h"
#include "releases/tree_survey.h"

namespace livefix::control {

// What a release is made of.
struct ReleaseSource {
  std::string commit;  // whole id
  Artifacts artifacts{};
};
// By service; none: it runs nothing yet.
using RunningReleases = std::map<std::string, ReleaseSource, std::less<>>;

struct ServiceFindings {
  std::string service;
  std::optional<releases::ObjectId> runs;  // nothing: it runs nothing yet
  bool is_touched = false;  // its files, or artifacts, are others than those that run
  std::string refusal{};    // why this commit cannot be run; empty: it can
};

struct CommitFindings {
  releases::Commit commit;
  std::string signed_by{};                  // empty: nobody asked
  std::string refusal{};                    // of the commit as a whole: its signature
  std::vector<ServiceFindings> services{};  // in the order of the run
  releases::TreeSurvey survey{};            // of all files, once a service is touched

  // The first of all; empty: none. Services move together, so that one is enough.
  std::string first_refusal() const;
};

struct CommitQuestion {
  const releases::ObjectId& commit;
  std::span<const ServiceSpec> services;
  const CommitSpec& spec;
  const RunningReleases& running;
  const Artifacts& artifacts;  // that are to be beside its files
};

// `git` sees the commit, which may be part of a push that is not accepted. The error is that
// the commit or the file of keys cannot be read.
Result<CommitFindings> look_at(const releases::Git& git, const CommitQuestion& question);

}  // namespace livefix::control
