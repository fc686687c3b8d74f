#include "control/commit_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "releases/commit_writer.h"
#include "releases/leftovers.h"
#include "releases/release_refs.h"
#include "releases/repository.h"

namespace livefix::control {
namespace {

using releases::ObjectId;

Result<ObjectId> parse_id(const std::string& hex) {
  const auto id = ObjectId::parse(hex);
  if (!id) return fail("{} is no commit", hex);
  return *id;
}

std::string repository_path(const RunSpec& run) {
  return fmt::format("{}/{}.git", run.commits->state_directory, run.name);
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
  const ObjectId& id = update.after;
  auto found = look_at(*git, {id, services_, spec_, running, push.artifacts});
  if (!found) return std::unexpected(found.error());
  ExaminedPush examined{std::move(found->commit), {}, 0, false, std::move(found->signed_by),
                        std::move(found->survey)};
  examined.refusal = found->first_refusal();
  if (examined.refusal.empty() && update.repeats()) {
    if (const auto fits = refuse_repetition(id); !fits) examined.refusal = fits.error().message;
  }
  if (!examined.refusal.empty()) return examined;

  if (!update.creates()) {
    // Mostly it is the commit before, and Git need not be asked.
    const auto& parents = examined.commit.parents;
    const bool follows = std::ranges::find(parents, update.before) != parents.end();
    const auto forward =
        follows ? Result<bool>(true) : releases::is_ancestor(*git, update.before, id);
    examined.is_forced = forward && !*forward;
  }
  for (const ServiceFindings& service : found->services) {
    if (!service.is_touched) continue;
    examined.touched.push_back(service.service);
    if (!service.runs || examined.changed_files > 0) continue;
    if (const auto changed = releases::changed_files(*git, *service.runs, id)) {
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

Result<LaidOutCommit> CommitStore::lay_out(const std::string& commit,
                                           const std::optional<releases::Quarantine>& quarantine,
                                           const Artifacts& artifacts, const std::string& from,
                                           const releases::TreeSurvey& survey) {
  const auto id = parse_id(commit);
  if (!id) return std::unexpected(id.error());
  objects_kept_.clear();  // of another push
  // One that is there and not built may hold half a build.
  const auto there = store_.find(releases::release_id(*id, artifacts));
  if (there && *there && !(*there)->built) {
    if (const auto removed = store_.remove((*there)->id); !removed) {
      return std::unexpected(removed.error());
    }
  }
  auto release = store_.lay_out(*id, quarantine, artifacts, &survey);
  if (!release) return std::unexpected(release.error());
  LaidOutCommit laid_out{std::move(*release), {}};
  if (laid_out.release.built || from.empty()) return laid_out;
  auto carried = releases::carry_over({from, laid_out.release.directory, keep_directories()});
  if (!carried) {  // on a full disk it would keep room from the next one
    const auto removed = store_.remove(laid_out.release.id);
    if (removed) return std::unexpected(carried.error());
    return fail("{}, and {}", carried.error().message, removed.error().message);
  }
  laid_out.carried = std::move(*carried);
  return laid_out;
}

std::vector<std::string> CommitStore::keep_directories() const {
  std::vector<std::string> directories;
  for (const ServiceSpec& service : services_) {
    for (const std::string& kept : service.keep) {
      directories.push_back(service.place.empty() ? kept : service.place + "/" + kept);
    }
  }
  return directories;
}

Status CommitStore::keep_objects(const std::string& commit,
                                 const std::optional<releases::Quarantine>& quarantine) {
  const auto id = parse_id(commit);
  if (!id) return std::unexpected(id.error());
  if (!quarantine || objects_kept_ == commit) return {};
  if (const auto kept = releases::keep_objects(git(), *quarantine, *id); !kept) return kept;
  objects_kept_ = commit;
  return {};
}

Status CommitStore::keep(const std::string& commit,
                         const std::optional<releases::Quarantine>& quarantine) {
  if (const auto kept = keep_objects(commit, quarantine); !kept) return kept;
  const auto id = parse_id(commit);
  if (!id) return std::unexpected(id.error());
  return releases::set_release_ref(git(), releases::release_id(*id), *id);
}

Status CommitStore::move_branch(const std::string& commit) {
  const auto id = parse_id(commit);
  if (!id) return std::unexpected(id.error());
  const auto head = releases::branch_head(git(), spec_.branch);
  if (!head) return std::unexpected(head.error());
  if (*head == *id) return {};
  return releases::update_branch(git(), {spec_.branch, *head, *id, "what runs"});
}

Result<bool> CommitStore::is_what_runs(const ObjectId& head, const RunningReleases& running) const {
  for (const ServiceSpec& service : services_) {
    const auto found = running.find(service.name);
    if (found == running.end()) continue;
    const auto commit = parse_id(found->second.commit);
    if (!commit) return std::unexpected(commit.error());
    if (head == *commit) continue;
    const auto runs = releases::directory_tree(git(), *commit, service.place);
    if (!runs) return std::unexpected(runs.error());
    const auto says = releases::directory_tree(git(), head, service.place);
    if (!says) return std::unexpected(says.error());
    if (*says != *runs) return false;
  }
  return true;
}

Status CommitStore::settle_branch(const LiveChange& change) {
  releases::remove_leftovers(git());
  const auto head = releases::branch_head(git(), spec_.branch);
  if (!head) return std::unexpected(head.error());
  if (*head) {
    const auto same = is_what_runs(**head, change.running);
    if (!same) return std::unexpected(same.error());
    if (*same) return {};
  }
  if (!change.is_rollback || !*head) return move_branch(change.commit);
  const auto reverted = revert_branch(change.commit, change.services, change.who);
  if (!reverted) return std::unexpected(reverted.error());
  return {};
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
  const auto moved = releases::update_branch(git(), {spec_.branch, *head, *made, "rollback"});
  if (!moved) return std::unexpected(moved.error());
  return made->hex();
}

Result<bool> CommitStore::has(const std::string& release_id) const {
  const auto found = store_.find(release_id);
  if (!found) return std::unexpected(found.error());
  return *found && (*found)->built;
}

Status CommitStore::prune(const std::set<std::string>& in_use,
                          const std::set<std::string>& were_live) {
  releases::remove_leftovers(git());
  const auto removed = store_.prune(spec_.kept_releases, in_use, were_live);
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
