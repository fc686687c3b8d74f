#include "control/release_book.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "base/overloaded.h"

namespace livefix::control {

void ReleaseBook::enter(const Record& record, std::string_view who, WallTime at) {
  std::visit(overloaded{[&](const ReleaseRecord& release) {
                          releases_[release.number] = release;
                          last_release_ = std::max(last_release_, release.number);
                        },
                        [&](const RolloutRecord& rollout) {
                          last_rollout_ = std::max(last_rollout_, rollout.id);
                          stories_.push_back({rollout, std::string(who), at, {}, {}, {}});
                          if (stories_.size() > kStories) stories_.pop_front();
                        },
                        [&](const PhaseRecord& phase) {
                          RolloutStory* story = find(phase.rollout);
                          if (!story) return;
                          if (!phase.phase.empty()) story->phase = phase.phase;
                          if (!phase.line.empty()) story->lines.push_back(phase.line);
                        },
                        [&](const PromotedRecord& promoted) {
                          keep(promoted.services, promoted.release);
                          RolloutStory* story = find(promoted.rollout);
                          if (!story) return;
                          story->rollout.release = promoted.release;
                          story->outcome = "promoted";
                          story->message = promoted.message;
                          story->took = promoted.took;
                          story->figures = promoted.figures;
                        },
                        [&](const FailedRecord& failed) {
                          RolloutStory* story = find(failed.rollout);
                          if (!story) return;
                          story->outcome = failed.outcome;
                          story->gate = failed.gate;
                          story->message = failed.message;
                          story->took = failed.took;
                          story->figures = failed.figures;
                        },
                        [&](const RollbackRecord& rollback) {
                          keep(rollback.services, rollback.release);
                          last_rollout_ = std::max(last_rollout_, rollback.id);
                          const ReleaseRecord* target = release(rollback.release);
                          RolloutRecord as{rollback.id,
                                           rollback.release,
                                           target ? target->commit : "",
                                           target ? target->subject : "",
                                           {},
                                           rollback.services};
                          RolloutStory story{std::move(as), std::string(who), at, {}, {},
                                             "promoted"};
                          story.message = rollback.message;
                          story.is_rollback = true;
                          stories_.push_back(std::move(story));
                        },
                        [&](const ServedRecord& served) {
                          if (RolloutStory* story = find(served.rollout)) story->took = served.took;
                        },
                        [&](const SymptomsRecord& symptoms) {
                          RolloutStory* story = find(symptoms.rollout);
                          if (!story) return;
                          const bool later = symptoms.when == SymptomsRecord::kLater;
                          for (const std::string& line : symptoms.lines) {
                            story->symptoms.push_back(later ? "later: " + line : line);
                          }
                        },
                        [&](const DriftRecord& drift) {
                          if (drift.what == "found") drifted_[drift.release] = drift.files;
                          if (drift.what == "ended") drifted_.erase(drift.release);
                          if (drift.what == "restored") drifted_.erase(drift.release);
                        },
                        [&](const CommandRecord& command) { enter_command(command); }},
             record);
}

void ReleaseBook::enter_command(const CommandRecord& command) {
  const bool is_change = command.command == kTokenAdd || command.command == kTokenRemove;
  if (is_change) token_changes_.insert(command.change);
  if (is_change || command.command == kTokenFile) token_head_ = {command.change, command.number};
}

void ReleaseBook::keep(const std::vector<std::string>& services, std::uint32_t release) {
  for (const std::string& service : services) {
    std::vector<std::uint32_t>& kept = kept_[service];
    std::erase(kept, release);
    kept.push_back(release);
  }
}

RolloutStory* ReleaseBook::find(std::uint32_t id) {
  return const_cast<RolloutStory*>(std::as_const(*this).story(id));
}

const RolloutStory* ReleaseBook::story(std::uint32_t id) const {
  const auto found = std::ranges::find_if(
      stories_, [id](const RolloutStory& story) { return story.rollout.id == id; });
  return found == stories_.end() ? nullptr : &*found;
}

bool ReleaseBook::was_live(std::uint32_t release) const {
  return std::ranges::any_of(kept_ | std::views::values, [release](const auto& kept) {
    return std::ranges::find(kept, release) != kept.end();
  });
}

const RolloutStory* ReleaseBook::unfinished() const {
  const auto found = std::ranges::find_if(
      stories_, [](const RolloutStory& story) { return story.outcome.empty(); });
  return found == stories_.end() ? nullptr : &*found;
}

const ReleaseRecord* ReleaseBook::release(std::uint32_t number) const {
  const auto found = releases_.find(number);
  return found == releases_.end() ? nullptr : &found->second;
}

const ReleaseRecord* ReleaseBook::release_in(std::string_view directory) const {
  for (const ReleaseRecord& one : releases_ | std::views::values) {
    if (one.directory == directory) return &one;
  }
  return nullptr;
}

const std::vector<std::string>& ReleaseBook::drifted(std::uint32_t release) const {
  static const std::vector<std::string> kNone;
  const auto found = drifted_.find(release);
  return found == drifted_.end() ? kNone : found->second;
}

const ReleaseRecord* ReleaseBook::kept(std::string_view service) const {
  const auto found = kept_.find(service);
  return found == kept_.end() ? nullptr : release(found->second.back());
}

const ReleaseRecord* ReleaseBook::kept_before(std::string_view service) const {
  const auto found = kept_.find(service);
  if (found == kept_.end() || found->second.size() < 2) return nullptr;
  return release(found->second[found->second.size() - 2]);
}

}  // namespace livefix::control
