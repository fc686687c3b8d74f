#include "control/commit_store.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <ranges>

#include "releases/commit_writer.h"
#include "releases/release_refs.h"
#include "releases/repository.h"
#include "releases/signature_check.h"
#include "releases/tree_survey.h"

namespace livefix::control {
namespace {

using releases::Git;
using releases::ObjectId;

constexpr std::size_t kNamed = 3;  // paths in a sentence

Result<ObjectId> parse_id(const std::string& hex) {
  const auto id = ObjectId::parse(hex);
  if (!id) return fail("{} is no commit", hex);
  return *id;
}

// "a, b, c and 4 more"
std::string some_of(const std::vector<std::string>& paths) {
  const auto shown = paths | std::views::take(kNamed) | std::views::transform(releases::printable);
  const std::string names = fmt::format("{}", fmt::join(shown, ", "));
  if (paths.size() <= kNamed) return names;
  return fmt::format("{} and {} more", names, paths.size() - kNamed);
}

std::string repository_path(const RunSpec& run) {
  return fmt::format("{}/{}.git", run.commits->state_directory, run.name);
}

// Those that are among the files of a service.
Artifacts artifacts_below(const Artifacts& artifacts, const std::string& place) {
  Artifacts below;
  std::ranges::copy_if(artifacts, std::back_inserter(below), [&](const Artifact& one) {
    return place.empty() || one.path.starts_with(place + "/");
  });
  return below;
}

}  // namespace

Result<CommitStore> CommitStore::open(const RunSpec& run) {
  releases::RepositorySettings settings;
  settings.path = repository_path(run);
  settings.live_branch = run.commits->branch;
  settings.livefix_program = run.commits->livefix;
  auto git = releases::open_repository(settings);
  if (!git) return std::unexpected(git.error());
  const auto artifacts = artifacts_of(*run.commits);
  if (const auto prepared = artifacts.prepare(); !prepared) {
    return std::unexpected(prepared.error());
  }
  auto store = releases::ReleaseStore::open(std::move(*git),
                                            run.commits->state_directory + "/releases", artifacts);
  if (!store) return std::unexpected(store.error());
  return CommitStore(run, std::move(*store), artifacts);
}

Result<ExaminedPush> CommitStore::examine(const PushRequest& push, const RefUpdate& update,
                                          const RunningReleases& running) const {
  const auto git = push.quarantine ? store_.git().within(*push.quarantine) : store_.git();
  if (!git) return std::unexpected(git.error());
  const auto id = parse_id(update.after);
  if (!id) return std::unexpected(id.error());
  auto commit = releases::read_commit(*git, *id);
  if (!commit) return std::unexpected(commit.error());
  ExaminedPush examined{std::move(*commit), {}, 0, false, {}};

  if (!spec_.allowed_signers.empty()) {
    const auto signature = releases::verify_signature(*git, *id, spec_.allowed_signers);
    if (!signature) return std::unexpected(signature.error());
    if (const auto* why = std::get_if<releases::NotVerified>(&*signature)) {
      return fail("{}", why->text);
    }
    examined.signed_by = std::get<releases::SignedBy>(*signature).principal;
  }
  if (update.repeats()) {
    if (const auto fits = refuse_repetition(*id); !fits) return std::unexpected(fits.error());
  }
  if (const auto before = ObjectId::parse(update.before); before && !before->is_zero()) {
    const auto forward = releases::is_ancestor(*git, *before, *id);
    examined.is_forced = forward && !*forward;
  }
  for (const ServiceSpec& service : services_) {
    const auto tree = releases::directory_tree(*git, *id, service.place);
    if (!tree) return std::unexpected(tree.error());
    if (!*tree) {
      return fail("{} has no directory {}, where the service {} is; push a commit that has it",
                  id->short_hex(), service.place, service.name);
    }
    const auto runs = running.find(service.name);
    const auto old = runs == running.end() ? std::nullopt : ObjectId::parse(runs->second.commit);
    const auto old_tree = old ? releases::directory_tree(*git, *old, service.place)
                              : Result<std::optional<ObjectId>>(std::nullopt);
    const bool has_same_artifacts = old && artifacts_below(runs->second.artifacts, service.place) ==
                                               artifacts_below(push.artifacts, service.place);
    if (old_tree && *old_tree == *tree && has_same_artifacts) continue;
    if (const auto fits = refuse_what_is_not_here(*git, *id, service.place); !fits) {
      return std::unexpected(fits.error());
    }
    examined.touched.push_back(service.name);
    if (!old || examined.changed_files > 0) continue;
    if (const auto changed = releases::changed_files(*git, *old, *id)) {
      examined.changed_files = changed->size();
    }
  }
  return examined;
}

Status CommitStore::refuse_repetition(const ObjectId& commit) const {
  const auto head = releases::branch_head(git(), spec_.branch);
  if (!head) return std::unexpected(head.error());
  if (*head == commit) return {};
  return fail("{} is not where {} is; push it to that branch", commit.short_hex(), spec_.branch);
}

Status CommitStore::refuse_what_is_not_here(const Git& git, const ObjectId& commit,
                                            const std::string& place) const {
  const auto survey = releases::survey_tree(git, commit, place);
  if (!survey) return std::unexpected(survey.error());
  if (!survey->submodules.empty()) {
    return fail(
        "{} has submodules, whose files are in other repositories: {}; livefix runs what is in "
        "the commit, so put them into it (git subtree), or fetch them in the build",
        commit.short_hex(), some_of(survey->submodules));
  }
  if (!survey->lfs_pointers.empty()) {
    return fail(
        "{} has files of Git LFS, whose contents are not pushed with it: {}; put them into the "
        "commit (git lfs migrate export), or fetch them in the build",
        commit.short_hex(), some_of(survey->lfs_pointers));
  }
  return {};
}

Result<LaidOutCommit> CommitStore::lay_out(const std::string& commit,
                                           const std::optional<releases::Quarantine>& quarantine,
                                           const Artifacts& artifacts, const std::string& from) {
  const auto id = parse_id(commit);
  if (!id) return std::unexpected(id.error());
  // One that is there and not built may hold half a build.
  const auto there = store_.find(releases::release_id(*id, artifacts));
  if (there && *there && !(*there)->built) {
    if (const auto removed = store_.remove((*there)->id); !removed) {
      return std::unexpected(removed.error());
    }
  }
  auto release = store_.lay_out(*id, quarantine, artifacts);
  if (!release) return std::unexpected(release.error());
  LaidOutCommit laid_out{std::move(*release), {}};
  if (laid_out.release.built || from.empty()) return laid_out;
  releases::CarryRequest carry{from, laid_out.release.directory, {}, {}};
  for (const ServiceSpec& service : services_) {
    for (const std::string& kept : service.keep) {
      carry.keep.push_back(service.place.empty() ? kept : service.place + "/" + kept);
    }
  }
  auto carried = releases::carry_over(carry);
  if (!carried) return std::unexpected(carried.error());
  laid_out.carried = std::move(*carried);
  return laid_out;
}

Status CommitStore::keep(const std::string& commit,
                         const std::optional<releases::Quarantine>& quarantine) {
  const auto id = parse_id(commit);
  if (!id) return std::unexpected(id.error());
  if (quarantine) {
    if (const auto kept = releases::keep_objects(git(), *quarantine, *id); !kept) return kept;
  }
  return releases::set_release_ref(git(), releases::release_id(*id), *id);
}

Status CommitStore::settle_branch(const std::string& commit) {
  const auto id = parse_id(commit);
  if (!id) return std::unexpected(id.error());
  const auto head = releases::branch_head(git(), spec_.branch);
  if (!head) return std::unexpected(head.error());
  if (*head == *id) return {};
  return releases::update_branch(git(), {spec_.branch, *head, *id, "livefix: what runs"});
}

Result<std::string> CommitStore::revert_branch(const std::string& commit,
                                               const std::vector<std::string>& services,
                                               const std::string& who) {
  const auto to = parse_id(commit);
  if (!to) return std::unexpected(to.error());
  const auto head = releases::branch_head(git(), spec_.branch);
  if (!head) return std::unexpected(head.error());
  if (!*head) return fail("there is no branch {}", spec_.branch);
  if (**head == *to) return commit;
  releases::Revert revert{**head, *to, {}, {"livefix", "livefix@localhost"}, {}};
  const auto from = releases::read_commit(git(), **head);
  revert.message =
      fmt::format("Roll back to {}\n\nThis takes back \"{}\" ({}), by {}.\n", to->short_hex(),
                  from ? from->subject : "", (*head)->short_hex(), who.empty() ? "livefix" : who);
  bool same = true;
  for (const ServiceSpec& service : services_) {
    if (std::ranges::find(services, service.name) == services.end()) continue;
    const auto now = releases::directory_tree(git(), **head, service.place);
    const auto then = releases::directory_tree(git(), *to, service.place);
    same = same && now && then && *now == *then;
    if (!service.place.empty()) revert.directories.push_back(service.place);
  }
  if (same) return (*head)->hex();
  if (std::ranges::any_of(services_, [](const auto& one) { return one.place.empty(); })) {
    revert.directories.clear();
  }
  const auto made = releases::commit_revert(git(), revert);
  if (!made) return std::unexpected(made.error());
  const auto moved =
      releases::update_branch(git(), {spec_.branch, **head, *made, "livefix: rollback"});
  if (!moved) return std::unexpected(moved.error());
  return made->hex();
}

Result<bool> CommitStore::has(const std::string& release_id) const {
  const auto found = store_.find(release_id);
  if (!found) return std::unexpected(found.error());
  return *found && (*found)->built;
}

Status CommitStore::prune(const std::set<std::string>& in_use) {
  const auto removed = store_.prune(spec_.kept_releases, in_use);
  if (!removed) return std::unexpected(removed.error());
  const auto left = store_.list();
  if (!left) return std::unexpected(left.error());
  std::set<std::string> named;
  for (const auto& release : *left) {
    for (const Artifact& one : release.artifacts) named.insert(one.sha256);
  }
  return artifacts_.prune(named);
}

releases::ArtifactStore artifacts_of(const CommitSpec& spec) {
  return releases::ArtifactStore(spec.state_directory + "/artifacts");
}

}  // namespace livefix::control
