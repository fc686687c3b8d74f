#include "control/release_diff.h"

#include <algorithm>

#include "control/release_plan.h"

namespace livefix::control {
namespace {

using releases::ObjectId;

struct Group {
  ObjectId from;
  std::vector<std::string> services;
  std::vector<std::string> places;  // of them
};

std::vector<Group> groups_of(const CommitStore& store, const RunningReleases& running) {
  std::vector<Group> groups;
  for (const ServiceSpec& service : store.services()) {
    const auto runs = running.find(service.name);
    const auto commit = runs == running.end() ? std::nullopt : ObjectId::parse(runs->second.commit);
    if (!commit) continue;
    auto group = std::ranges::find(groups, *commit, &Group::from);
    if (group == groups.end()) group = groups.insert(groups.end(), {*commit, {}, {}});
    group->services.push_back(service.name);
    group->places.push_back(service.place);
  }
  for (Group& group : groups) {
    const bool whole =
        groups.size() == 1 || std::ranges::find(group.places, "") != group.places.end();
    if (whole) group.places.clear();
  }
  return groups;
}

}  // namespace

Result<std::vector<ReleaseDiff>> diff_to(const CommitStore& store, const std::string& revision,
                                         const RunningReleases& running) {
  const auto to = find_commit(store, revision);
  if (!to) return std::unexpected(to.error());
  std::vector<ReleaseDiff> diffs;
  std::size_t room = kMostDiff;
  for (Group& group : groups_of(store, running)) {
    auto diff = releases::diff_text(store.git(), group.from, *to, room, group.places);
    if (!diff) return std::unexpected(diff.error());
    room -= std::min(room, diff->text.size());
    diffs.push_back({std::move(group.services), group.from, *to, std::move(*diff)});
  }
  if (diffs.empty()) return fail("nothing runs yet, so there is nothing to compare with");
  return diffs;
}

}  // namespace livefix::control
