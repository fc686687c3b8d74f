#include "control/commit_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "control/phrases.h"
#include "releases/signature_check.h"
#include "releases/tree_survey.h"

namespace livefix::control {
namespace {

using releases::Git;
using releases::ObjectId;

// Those that are among the files of a service.
Artifacts artifacts_below(const Artifacts& artifacts, const std::string& place) {
  Artifacts below;
  std::ranges::copy_if(artifacts, std::back_inserter(below), [&](const Artifact& one) {
    return place.empty() || one.path.starts_with(place + "/");
  });
  return below;
}

// Why the files cannot be laid out, or would not be what they seem; empty: they can.
std::string refusal_of_files(const Git& git, const ObjectId& commit, const std::string& place) {
  const auto survey = releases::survey_tree(git, commit, place);
  if (!survey) return survey.error().message;
  if (!survey->submodules.empty()) {
    return fmt::format(
        "{} has submodules, whose files are in other repositories: {}; livefix runs what is in "
        "the commit, so put them into it (git subtree), or fetch them in the build",
        commit.short_hex(), some_of(survey->submodules));
  }
  if (!survey->lfs_pointers.empty()) {
    return fmt::format(
        "{} has files of Git LFS, whose contents are not pushed with it: {}; put them into the "
        "commit (git lfs migrate export), or fetch them in the build",
        commit.short_hex(), some_of(survey->lfs_pointers));
  }
  return {};
}

Result<ServiceFindings> look_at_service(const Git& git, const CommitQuestion& question,
                                        const ServiceSpec& service) {
  const ObjectId& commit = question.commit;
  const auto runs = question.running.find(service.name);
  ServiceFindings found{service.name, {}};
  if (runs != question.running.end()) found.runs = ObjectId::parse(runs->second.commit);
  const auto tree = releases::directory_tree(git, commit, service.place);
  if (!tree) return std::unexpected(tree.error());
  const auto old_tree = found.runs ? releases::directory_tree(git, *found.runs, service.place)
                                   : Result<std::optional<ObjectId>>(std::nullopt);
  const bool has_same_artifacts =
      found.runs && artifacts_below(runs->second.artifacts, service.place) ==
                        artifacts_below(question.artifacts, service.place);
  found.is_touched = !*tree || !old_tree || *old_tree != *tree || !has_same_artifacts;
  if (!*tree) {
    found.refusal =
        fmt::format("{} has no directory {}, where the service {} is; push a commit that has it",
                    commit.short_hex(), service.place, service.name);
  } else if (found.is_touched) {
    found.refusal = refusal_of_files(git, commit, service.place);
  }
  return found;
}

}  // namespace

std::string CommitFindings::first_refusal() const {
  if (!refusal.empty()) return refusal;
  const auto refused = std::ranges::find_if(
      services, [](const ServiceFindings& service) { return !service.refusal.empty(); });
  return refused == services.end() ? std::string() : refused->refusal;
}

Result<CommitFindings> look_at(const Git& git, const CommitQuestion& question) {
  auto commit = releases::read_commit(git, question.commit);
  if (!commit) return std::unexpected(commit.error());
  CommitFindings found{std::move(*commit)};
  if (!question.spec.allowed_signers.empty()) {
    const auto signature =
        releases::verify_signature(git, question.commit, question.spec.allowed_signers);
    if (!signature) return std::unexpected(signature.error());
    if (const auto* why = std::get_if<releases::NotVerified>(&*signature)) {
      found.refusal = why->text;
    } else {
      found.signed_by = std::get<releases::SignedBy>(*signature).principal;
    }
  }
  for (const ServiceSpec& service : question.services) {
    auto findings = look_at_service(git, question, service);
    if (!findings) return std::unexpected(findings.error());
    found.services.push_back(std::move(*findings));
  }
  return found;
}

}  // namespace livefix::control
