#include "control/release_drift.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <ranges>

#include "control/phrases.h"
#include "releases/commit_writer.h"
#include "releases/release_refs.h"

namespace livefix::control {
namespace {

constexpr std::size_t kMostPaths = 1'000;
constexpr std::size_t kPathsInMessage = 20;
constexpr int kMostBranches = 1'000;

Result<releases::Release> release_on_disk(const CommitStore& store, const RunningRelease& running) {
  const auto found = store.release_store().find(running.id);
  if (!found) return std::unexpected(found.error());
  if (!*found) {
    return fail(
        "the files of {}, which {} runs, are not in {} any more; livefix reload would fail, "
        "so push again",
        running.name, fmt::join(running.services, ", "), store.release_store().directory());
  }
  return **found;
}

Result<ReleaseDrift> look(const CommitStore& store, const RunningRelease& running,
                          std::size_t most_diff) {
  const auto release = release_on_disk(store, running);
  if (!release) return std::unexpected(release.error());
  auto files = releases::find_drift(store.git(), *release);
  if (!files) return std::unexpected(files.error());
  ReleaseDrift drift{running, std::move(*files)};
  if (most_diff == 0 || drift.files.empty()) return drift;
  auto diff = releases::drift_text(store.git(), *release, drift.files, most_diff);
  if (!diff) return std::unexpected(diff.error());
  drift.diff = std::move(*diff);
  return drift;
}

// Those that have drifted; an error when none has.
Result<std::vector<ReleaseDrift>> drifted(const CommitStore& store,
                                          const std::vector<RunningRelease>& running) {
  auto all = look_for_drift(store, running, 0);
  if (!all) return std::unexpected(all.error());
  std::erase_if(*all, [](const ReleaseDrift& drift) { return drift.files.empty(); });
  if (all->empty()) return fail("nothing has drifted: what runs is what was committed");
  return all;
}

Result<std::string> free_branch(const CommitStore& store, const std::string& release) {
  for (int number = 1; number <= kMostBranches; ++number) {
    auto name = fmt::format("drift/{}-{}", release, number);
    const auto head = releases::branch_head(store.git(), name);
    if (!head) return std::unexpected(head.error());
    if (!*head) return name;
  }
  return fail("{} has {} branches of drift; name another with --branch", release, kMostBranches);
}

// As they are on the disk.
std::vector<std::string> names_of(const std::vector<releases::DriftedFile>& files) {
  std::vector<std::string> names;
  for (const releases::DriftedFile& file : files) names.push_back(file.path);
  return names;
}

std::string message_of(const ReleaseDrift& drift, const std::string& who) {
  const auto paths = paths_of(drift.files);
  std::string message =
      fmt::format("Edits by hand in {}\n\nFound in what runs as {}, and committed by {}:\n",
                  drift.release.name, fmt::join(drift.release.services, ", "), who);
  for (const std::string& path : paths | std::views::take(kPathsInMessage)) {
    message += fmt::format("  {}\n", path);
  }
  if (drift.files.size() > kPathsInMessage) {
    message += fmt::format("  and {} more\n", drift.files.size() - kPathsInMessage);
  }
  return message;
}

Result<AdoptedDrift> adopt(const CommitStore& store, ReleaseDrift drift, std::string branch,
                           const std::string& who) {
  const auto release = release_on_disk(store, drift.release);
  if (!release) return std::unexpected(release.error());
  if (branch.empty()) {
    auto chosen = free_branch(store, drift.release.name);
    if (!chosen) return std::unexpected(chosen.error());
    branch = std::move(*chosen);
  }
  auto commit = releases::commit_hand_edit(
      store.git(), {release->commit, release->directory, names_of(drift.files),
                    message_of(drift, who), releases::Person{who, who + "@localhost"}});
  if (!commit) return std::unexpected(commit.error());
  const auto made = releases::update_branch(
      store.git(), {branch, std::nullopt, *commit, "edits by hand in " + drift.release.name});
  if (!made) return std::unexpected(made.error());
  return AdoptedDrift{std::move(drift), std::move(*commit), std::move(branch)};
}

}  // namespace

Result<std::vector<ReleaseDrift>> look_for_drift(const CommitStore& store,
                                                 const std::vector<RunningRelease>& running,
                                                 std::size_t most_diff) {
  std::vector<ReleaseDrift> all;
  std::size_t room = most_diff;
  for (const RunningRelease& release : running) {
    // One byte where there is no room left: it is cut, and says so.
    auto drift = look(store, release, most_diff == 0 ? 0 : std::max<std::size_t>(room, 1));
    if (!drift) return std::unexpected(drift.error());
    room -= std::min(room, drift->diff.text.size());
    all.push_back(std::move(*drift));
  }
  return all;
}

Result<std::vector<AdoptedDrift>> adopt_drift(const CommitStore& store,
                                              const std::vector<RunningRelease>& running,
                                              const std::string& branch, const std::string& who) {
  if (branch == store.spec().branch) {
    return fail(
        "{} is the branch that says what runs; edits get one of their own, and run when "
        "they are pushed",
        branch);
  }
  auto found = drifted(store, running);
  if (!found) return std::unexpected(found.error());
  if (!branch.empty() && found->size() > 1) {
    return fail("{} releases have drifted, and each gets a branch of its own; leave --branch out",
                found->size());
  }
  std::vector<AdoptedDrift> all;
  for (ReleaseDrift& drift : *found) {
    auto adopted = adopt(store, std::move(drift), branch, who);
    if (!adopted) return std::unexpected(adopted.error());
    all.push_back(std::move(*adopted));
  }
  return all;
}

Result<std::vector<ReleaseDrift>> restore_drift(const CommitStore& store,
                                                const std::vector<RunningRelease>& running) {
  auto found = drifted(store, running);
  if (!found) return std::unexpected(found.error());
  for (const ReleaseDrift& drift : *found) {
    const auto release = release_on_disk(store, drift.release);
    if (!release) return std::unexpected(release.error());
    const auto done = releases::put_back(store.git(), *release, names_of(drift.files));
    if (!done) return std::unexpected(done.error());
  }
  return found;
}

Result<PutBack> put_edits_back(const CommitStore& store, const RunningRelease& release,
                               const std::optional<releases::Quarantine>& quarantine,
                               bool keeps_edits, const std::string& who) {
  const auto git =
      quarantine ? store.git().within(*quarantine) : Result<releases::Git>(store.git());
  if (!git) return std::unexpected(git.error());
  const auto on_disk = release_on_disk(store, release);
  if (!on_disk) return std::unexpected(on_disk.error());
  auto files = releases::find_drift(*git, *on_disk);
  if (!files) return std::unexpected(files.error());
  PutBack put_back{paths_of(*files)};
  if (files->empty()) return put_back;
  const auto names = names_of(*files);
  if (keeps_edits) {
    auto adopted = adopt(store, {release, std::move(*files)}, "", who);
    if (!adopted) return std::unexpected(adopted.error());
    put_back.branch = std::move(adopted->branch);
  }
  const auto done = releases::put_back(*git, *on_disk, names);
  if (!done) return std::unexpected(done.error());
  return put_back;
}

std::string text_of(const PutBack& put_back) {
  return fmt::format("edited by hand where the release lay, and as committed again: {}{}",
                     some_of(put_back.files),
                     put_back.branch.empty() ? "" : "; the edits are on " + put_back.branch);
}

std::string_view name_of(releases::DriftedFile::Kind kind) {
  using enum releases::DriftedFile::Kind;
  switch (kind) {
    case contents:
      return "edited";
    case mode:
      return "mode";
    case type:
      return "type";
    case missing:
      break;
  }
  return "missing";
}

std::vector<std::string> paths_of(const std::vector<releases::DriftedFile>& files) {
  std::vector<std::string> paths;
  for (const releases::DriftedFile& file : files | std::views::take(kMostPaths)) {
    paths.push_back(valid_utf8(file.path));
  }
  return paths;
}

}  // namespace livefix::control
