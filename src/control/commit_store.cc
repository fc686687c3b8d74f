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

// Those of `paths` that lie in the directory `place` ("" for the top).
std::vector<std::string> below(const std::string& place, const std::vector<std::string>& paths) {
  std::vector<std::string> found;
  std::ranges::copy_if(paths, std::back_inserter(found), [&](const std::string& path) {
    return place.empty() || path.starts_with(place + "/");
  });
  return found;
}

// What is in the directory of a service and whose contents are not.
Status refuse_what_is_not_here(const ObjectId& commit, const releases::TreeSurvey& survey,
                               const std::string& place) {
  if (const auto submodules = below(place, survey.submodules); !submodules.empty()) {
    return fail(
        "{} has submodules, whose files are in other repositories: {}; livefix runs what is in "
        "the commit, so put them into it (git subtree), or fetch them in the build",
        commit.short_hex(), some_of(submodules));
  }
  if (const auto pointers = below(place, survey.lfs_pointers); !pointers.empty()) {
    return fail(
        "{} has files of Git LFS, whose contents are not pushed with it: {}; put them into the "
        "commit (git lfs migrate export), or fetch them in the build",
        commit.short_hex(), some_of(pointers));
  }
  return {};
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
  auto store =
      releases::ReleaseStore::open(std::move(*git), run.commits->state_directory + "/releases");
  if (!store) return std::unexpected(store.error());
  return CommitStore(run, std::move(*store));
}

Result<ExaminedPush> CommitStore::examine(const PushRequest& push, const RefUpdate& update,
                                          const RunningCommits& running) const {
  const auto git = push.quarantine ? store_.git().within(*push.quarantine) : store_.git();
  if (!git) return std::unexpected(git.error());
  const auto id = parse_id(update.after);
  if (!id) return std::unexpected(id.error());
  auto commit = releases::read_commit(*git, *id);
  if (!commit) return std::unexpected(commit.error());
  ExaminedPush examined{std::move(*commit), {}, 0, false, {}, {}};

  if (!spec_.allowed_signers.empty()) {
    const auto signature = releases::verify_signature(*git, *id, spec_.allowed_signers);
    if (!signature) return std::unexpected(signature.error());
    if (const auto* why = std::get_if<releases::NotVerified>(&*signature)) {
      return fail("{}", why->text);
    }
    examined.signed_by = std::get<releases::SignedBy>(*signature).principal;
  }
  if (const auto before = ObjectId::parse(update.before); before && !before->is_zero()) {
    // Mostly it is the commit before, and Git need not be asked.
    const auto& parents = examined.commit.parents;
    const bool follows = std::ranges::find(parents, *before) != parents.end();
    const auto forward = follows ? Result<bool>(true) : releases::is_ancestor(*git, *before, *id);
    examined.is_forced = forward && !*forward;
  }
  const auto trees = trees_of(*git, *id, running);
  if (!trees) return std::unexpected(trees.error());
  for (std::size_t i = 0; i < services_.size(); ++i) {
    const ServiceSpec& service = services_[i];
    if (!trees->pushed[i]) {
      return fail("{} has no directory {}, where the service {} is; push a commit that has it",
                  id->short_hex(), service.place, service.name);
    }
    if (trees->pushed[i] != trees->running[i]) examined.touched.push_back(service.name);
  }
  if (examined.touched.empty()) return examined;
  auto survey = releases::survey_tree(*git, *id, "");
  if (!survey) return std::unexpected(survey.error());
  examined.survey = std::move(*survey);
  for (const ServiceSpec& service : services_) {
    if (std::ranges::find(examined.touched, service.name) == examined.touched.end()) continue;
    if (const auto fits = refuse_what_is_not_here(*id, examined.survey, service.place); !fits) {
      return std::unexpected(fits.error());
    }
    const auto old = running.find(service.name);
    const auto runs = old == running.end() ? std::nullopt : ObjectId::parse(old->second);
    if (!runs || examined.changed_files > 0) continue;
    if (const auto changed = releases::changed_files(*git, *runs, *id)) {
      examined.changed_files = changed->size();
    }
  }
  return examined;
}

Result<CommitStore::Trees> CommitStore::trees_of(const Git& git, const ObjectId& commit,
                                                 const RunningCommits& running) const {
  std::vector<releases::TreePlace> places;
  for (const ServiceSpec& service : services_) places.push_back({commit, service.place});
  for (const ServiceSpec& service : services_) {
    const auto runs = running.find(service.name);
    const auto old = runs == running.end() ? std::nullopt : ObjectId::parse(runs->second);
    places.push_back({old.value_or(commit.zero()), service.place});  // which nobody has
  }
  auto found = releases::directory_trees(git, places);
  if (!found) return std::unexpected(found.error());
  const auto middle = found->begin() + static_cast<std::ptrdiff_t>(services_.size());
  return Trees{{found->begin(), middle}, {middle, found->end()}};
}

Result<LaidOutCommit> CommitStore::lay_out(const std::string& commit,
                                           const std::optional<releases::Quarantine>& quarantine,
                                           const std::string& from,
                                           const releases::TreeSurvey& survey) {
  const auto id = parse_id(commit);
  if (!id) return std::unexpected(id.error());
  objects_kept_.clear();  // of another push
  // One that is there and not built may hold half a build.
  const auto there = store_.find(releases::release_id(*id));
  if (there && *there && !(*there)->built) {
    if (const auto removed = store_.remove((*there)->id); !removed) {
      return std::unexpected(removed.error());
    }
  }
  auto release = store_.lay_out(*id, quarantine, &survey);
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
  return {};
}

}  // namespace livefix::control
