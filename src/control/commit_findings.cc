#include "control/commit_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "control/phrases.h"
#include "releases/signature_check.h"

namespace livefix::control {
namespace {

using releases::Git;
using releases::ObjectId;
using releases::TreeSurvey;

// Those that are among the files of a service.
Artifacts artifacts_below(const Artifacts& artifacts, const std::string& place) {
  Artifacts below;
  std::ranges::copy_if(artifacts, std::back_inserter(below), [&](const Artifact& one) {
    return place.empty() || one.path.starts_with(place + "/");
  });
  return below;
}

// Those of `paths` that are among the files of a service.
std::vector<std::string> paths_below(const std::vector<std::string>& paths,
                                     const std::string& place) {
  std::vector<std::string> below;
  std::ranges::copy_if(paths, std::back_inserter(below), [&](const std::string& path) {
    return place.empty() || path.starts_with(place + "/");
  });
  return below;
}

// Why the files would not be what they seem; empty: they are.
std::string refusal_of_files(const ObjectId& commit, const TreeSurvey& survey,
                             const std::string& place) {
  if (const auto submodules = paths_below(survey.submodules, place); !submodules.empty()) {
    return fmt::format(
        "{} has submodules, whose files are in other repositories: {}; livefix runs what is in "
        "the commit, so put them into it (git subtree), or fetch them in the build",
        commit.short_hex(), some_of(submodules));
  }
  if (const auto pointers = paths_below(survey.lfs_pointers, place); !pointers.empty()) {
    return fmt::format(
        "{} has files of Git LFS, whose contents are not pushed with it: {}; put them into the "
        "commit (git lfs migrate export), or fetch them in the build",
        commit.short_hex(), some_of(pointers));
  }
  return {};
}

std::optional<ObjectId> running_commit(const CommitQuestion& question, const ServiceSpec& service) {
  const auto runs = question.running.find(service.name);
  return runs == question.running.end() ? std::nullopt : ObjectId::parse(runs->second.commit);
}

// Of each service in the commit, then of each in what runs; nothing: there is no such directory.
Result<std::vector<std::optional<ObjectId>>> trees_of(const Git& git,
                                                      const CommitQuestion& question) {
  std::vector<releases::TreePlace> places;
  for (const ServiceSpec& service : question.services) {
    places.push_back({question.commit, service.place});
  }
  for (const ServiceSpec& service : question.services) {
    const auto runs = running_commit(question, service);
    places.push_back({runs.value_or(question.commit.zero()), service.place});
  }
  return releases::directory_trees(git, places);
}

ServiceFindings compare(const CommitQuestion& question, const ServiceSpec& service,
                        const std::optional<ObjectId>& tree,
                        const std::optional<ObjectId>& running_tree) {
  ServiceFindings found{service.name, running_commit(question, service)};
  const bool has_same_artifacts =
      found.runs && artifacts_below(question.running.at(service.name).artifacts, service.place) ==
                        artifacts_below(question.artifacts, service.place);
  found.is_touched = !tree || tree != running_tree || !has_same_artifacts;
  if (!tree) {
    found.refusal =
        fmt::format("{} has no directory {}, where the service {} is; push a commit that has it",
                    question.commit.short_hex(), service.place, service.name);
  }
  return found;
}

// One look at all files, for all services that are touched.
void survey_files(const Git& git, const CommitQuestion& question, CommitFindings& found) {
  if (std::ranges::none_of(found.services, &ServiceFindings::is_touched)) return;
  auto survey = releases::survey_tree(git, question.commit, "");
  for (std::size_t i = 0; i < found.services.size(); ++i) {
    ServiceFindings& service = found.services[i];
    if (!service.is_touched || !service.refusal.empty()) continue;
    service.refusal = survey
                          ? refusal_of_files(question.commit, *survey, question.services[i].place)
                          : survey.error().message;
  }
  if (survey) found.survey = std::move(*survey);
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
  const auto trees = trees_of(git, question);
  if (!trees) return std::unexpected(trees.error());
  const std::size_t count = question.services.size();
  for (std::size_t i = 0; i < count; ++i) {
    found.services.push_back(
        compare(question, question.services[i], (*trees)[i], (*trees)[count + i]));
  }
  survey_files(git, question, found);
  return found;
}

}  // namespace livefix::control
