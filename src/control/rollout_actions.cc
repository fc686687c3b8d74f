// What the rollout machine wants done.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <ranges>

#include "base/overloaded.h"
#include "control/current_rollout.h"
#include "control/health_probe.h"
#include "control/phrases.h"
#include "control/release_drift.h"
#include "control/replay_choice.h"
#include "control/rollout_driver.h"
#include "rollout/phrases.h"

namespace livefix::control {
namespace {

constexpr Milliseconds kHealthPatience{2'000};

// Of the services that have an old generation.
Milliseconds longest_warmth(const rollout::Rules& rules) {
  Milliseconds longest{};
  for (const rollout::ServiceRules& service : rules.services) {
    if (service.has_old) longest = std::max(longest, service.policy.warm);
  }
  return longest;
}

}  // namespace

void RolloutDriver::lay_out() {
  std::string from;
  for (const auto& [name, part] : current_->parts) {
    if (const ReleaseRecord* kept = office_.book().kept(name)) from = kept->directory;
  }
  std::vector<std::string> services;
  for (const auto& part : current_->parts) services.push_back(part.first);
  office_.in_background(
      [commit = current_->commit(), name = current_->name(), quarantine = current_->quarantine,
       artifacts = current_->artifacts, from, survey = current_->push.survey, who = current_->who,
       were_live = office_.were_live(), services](CommitStore& store) -> Result<LaidOutCommit> {
        auto laid_out = store.lay_out(commit, quarantine, artifacts, from, survey);
        if (!laid_out || !laid_out->release.built) return laid_out;
        const std::string& id = laid_out->release.id;
        auto put_back = put_edits_back(store, {0, id, name, commit, services}, quarantine,
                                       were_live.contains(id), who);
        if (!put_back) return std::unexpected(put_back.error());
        laid_out->put_back = std::move(*put_back);
        return laid_out;
      },
      [this, id = current_->id](Result<LaidOutCommit> result) {
        if (current_ && current_->id == id) laid_out(std::move(result));
      });
}

void RolloutDriver::laid_out(Result<LaidOutCommit> result) {
  if (!result) return feed(rollout::LayOutFailed{result.error().message});
  current_->carries_files = !result->carried.empty();
  for (const releases::Carried& carried : result->carried) {
    tell(carried.skipped.empty()
             ? fmt::format("{} carried over", carried.directory)
             : fmt::format("{} not carried over: {}", carried.directory, carried.skipped));
  }
  if (!result->put_back.files.empty()) tell(text_of(result->put_back));
  current_->was_built = result->release.built;
  const ReleaseRecord* known = office_.book().release_in(result->release.directory);
  ReleaseRecord release{known ? known->number : office_.book().next_release(),
                        current_->commit(),
                        current_->name(),
                        result->release.directory,
                        current_->push.commit.subject,
                        current_->push.commit.author_name,
                        known && current_->was_built ? known->built : std::vector<std::string>()};
  for (const Artifact& one : current_->artifacts) release.artifacts.push_back(one.text());
  // A note, as the rollout itself: the decision that makes either count brings it onto the disk.
  if (const auto recorded = office_.record(release, current_->who, ledger::Durability::note);
      !recorded) {
    return feed(rollout::LayOutFailed{recorded.error().message});
  }
  if (const PutBack& back = result->put_back; !back.files.empty()) {
    const auto noted =
        office_.record(DriftRecord{release.number, "restored", back.files, back.branch},
                       current_->who, ledger::Durability::note);
    if (!noted) return feed(rollout::LayOutFailed{noted.error().message});
  }
  current_->release = std::move(release);
  feed(rollout::LaidOut{});
}

void RolloutDriver::build() {
  current_->build_began = Clock::now();
  const std::vector<std::string>& built = current_->release->built;
  for (auto& [name, part] : current_->parts) {
    part.waits_for_build = std::ranges::find(built, name) == built.end();
  }
  if (!waits_for_build()) return feed(rollout::Built{});
  for (auto& [name, part] : current_->parts) {
    if (!part.waits_for_build) continue;
    part.world->feed(BuildAsked{office_.release_of(*current_->release, part.world->spec())});
  }
}

bool RolloutDriver::waits_for_build() const {
  return std::ranges::any_of(current_->parts | std::views::values, &Part::waits_for_build);
}

void RolloutDriver::built_one(Part& part, const ReleaseBuilt& report) {
  if (!part.waits_for_build) return;
  part.waits_for_build = false;
  const auto took = std::chrono::duration_cast<Milliseconds>(Clock::now() - current_->build_began);
  if (report.failure) {
    Explanation why = part.world->why(report.release, report.unit, *report.failure);
    current_->details = std::move(why.details);
    return feed(rollout::BuildFailed{part.world->name(), std::move(why.sentence)});
  }
  if (const auto& step = part.world->spec().build) {
    tell(fmt::format("build {}  {}", fmt::join(step->command, " "), duration_text(took)));
  }
  current_->release->built.push_back(part.world->name());
  if (waits_for_build()) return;
  if (const auto recorded =
          office_.record(*current_->release, current_->who, ledger::Durability::note);
      !recorded) {
    return feed(rollout::BuildFailed{{}, recorded.error().message});
  }
  // Of a release without a build nothing can be lost: it is marked while it starts.
  if (current_->builds()) return mark_built();
  feed(rollout::Built{});
}

void RolloutDriver::mark_built() {
  const std::string id = current_->release->id();
  office_.in_background(
      [id, adds_files = current_->builds() || current_->carries_files](CommitStore& store) {
        return store.mark_built(id, adds_files);
      },
      [this, rollout = current_->id](const Status& marked) {
        if (!current_ || current_->id != rollout) return;
        if (marked) return feed(rollout::Built{});  // too late to matter once it starts
        feed(rollout::BuildFailed{{}, marked.error().message});
        feed(rollout::AbortAsked{"livefix", marked.error().message});  // where it has been started
      });
}

void RolloutDriver::start_candidates(const rollout::StartCandidates& order) {
  for (const rollout::CandidateOrder& candidate : order.candidates) {
    Part& part = current_->parts.at(candidate.service);
    const Release release = office_.release_of(*current_->release, part.world->spec());
    part.world->feed(ReleaseAsked{{release, true, candidate.hold}});
  }
  if (!current_->was_built && !current_->builds()) mark_built();
  // Most of what promote() has to do can be done while they start. A failure shows again there.
  office_.in_background([commit = current_->commit(), quarantine = current_->quarantine](
                            CommitStore& store) { return store.keep_objects(commit, quarantine); },
                        [](const Status&) {});
  watch_memory();
}

void RolloutDriver::check_health(const std::string& service) {
  const Part& part = current_->parts.at(service);
  const auto& health = part.world->spec().rollout.health;
  const auto unit = part.world->state().units.find(part.candidate);
  if (!health || unit == part.world->state().units.end() || unit->second.places.empty()) {
    return feed(rollout::HealthAnswered{service, !health, "it is gone"});
  }
  const auto& hosts = part.world->spec().traffic.match.hosts;
  probe_health(context_, unit->second.places.front().where.backend,
               hosts.empty() ? std::string() : hosts.front(), health->path, kHealthPatience,
               [this, id = current_->id, service](const HealthAnswer& answer) {
                 if (!current_ || current_->id != id) return;
                 feed(rollout::HealthAnswered{service, answer.ok, answer.what});
               });
}

void RolloutDriver::replay(const std::string& service) {
  constexpr std::size_t kMostRead = 1'000;
  Part& part = current_->parts.at(service);
  const ServiceWorld& world = *part.world;
  const auto old = world.address_of(part.old);
  const auto candidate = world.address_of(part.candidate);
  if (!old || !candidate) return feed(rollout::Replayed{service, {}});
  const TrafficSpec& traffic = world.spec().traffic;
  const std::size_t index = world.numbers().service_index;
  observe::RecordFilter failures;
  failures.service_index = index;
  failures.failures_only = true;
  observe::RecordFilter samples;
  samples.service_index = index;
  samples.cause = RecordCause::healthy;
  part.trial = std::make_unique<ReplayTrial>(
      context_, traffic, recordings_.redaction_of(index), ReplayTrial::Places{*old, *candidate},
      ReplayTrial::Records{failures_to_replay(recordings_.newest(failures, kMostRead), traffic),
                           samples_to_replay(recordings_.newest(samples, kMostRead), traffic)},
      [this, id = current_->id, service](rollout::ReplayFigures figures) {
        if (!current_ || current_->id != id) return;
        feed(rollout::Replayed{service, std::move(figures)});
      });
}

void RolloutDriver::mirror(const std::string& service) {
  Part& part = current_->parts.at(service);
  const auto old = part.world->address_of(part.old);
  const auto candidate = part.world->address_of(part.candidate);
  if (!old || !candidate) return feed(rollout::Mirrored{service, {}});
  part.mirror = std::make_unique<MirrorTrial>(
      context_, part.world->spec().traffic,
      recordings_.redaction_of(part.world->numbers().service_index),
      MirrorTrial::Places{*old, *candidate},
      [this, id = current_->id, service](rollout::MirrorFigures figures) {
        if (!current_ || current_->id != id) return;
        feed(rollout::Mirrored{service, std::move(figures)});
      });
}

// Of the old generation, as long as anybody wants to compare with it.
void RolloutDriver::on_mirrored(observe::ExchangeRecord exchange) {
  if (!current_) return;
  for (auto& [name, part] : current_->parts) {
    if (!part.mirror || part.world->numbers().service_index != exchange.service_index) continue;
    if (exchange.generation == part.old) part.mirror->take(std::move(exchange));
    return;
  }
}

void RolloutDriver::end_replays() {
  const auto* verifying = std::get_if<rollout::Verifying>(&current_->state.phase);
  for (auto& [name, part] : current_->parts) {
    if (!verifying || !verifying->replaying.contains(name)) part.trial.reset();
    if (!verifying || !verifying->mirroring.contains(name)) part.mirror.reset();
  }
}

void RolloutDriver::apply_share(const rollout::ApplyShare& order) {
  current_->share_order = order.order;
  for (const rollout::ServiceShare& share : order.shares) {
    Part& part = current_->parts.at(share.service);
    if (share.candidate == 100) {
      part.windows.old_gets_nothing(traffic_.of(part.old));
      part.routes.old_gets_nothing(part.read_routes().old);
    }
    part.share = share.candidate;
    part.waits_for_share = true;
  }
  for (const rollout::ServiceShare& share : order.shares) {
    Part& part = current_->parts.at(share.service);
    if (std::holds_alternative<Proving>(part.world->state().task)) {
      part.world->feed(ShareAsked{share.candidate});
    } else {  // it has gone: what there was of its traffic went with it
      share_applied(part);
    }
  }
}

void RolloutDriver::share_applied(Part& part) {
  part.waits_for_share = false;
  if (std::ranges::any_of(current_->parts | std::views::values, &Part::waits_for_share)) return;
  if (const auto order = std::exchange(current_->share_order, {})) {
    feed(rollout::ShareApplied{*order});
  }
}

void RolloutDriver::measure(TimePoint since) {
  for (auto& [name, part] : current_->parts) {
    const WindowPair windows =
        part.windows.since(since, traffic_.of(part.candidate), traffic_.of(part.old));
    keep_figures(part, windows);
    const Part::RoutesOfBoth routes = part.read_routes();
    feed(rollout::Measured{name, since, windows.candidate, windows.old,
                           part.routes.since(since, routes.candidate, routes.old)});
  }
}

void RolloutDriver::keep_figures(Part& part, const WindowPair& windows) {
  if (windows.candidate.requests == 0) return;
  part.figures =
      RolloutFigures{part.world->name(), part.counted_share, figures_of(windows.candidate)};
  if (windows.old.requests > 0) part.figures->old = figures_of(windows.old);
}

// Of one that ends by no figures (it crashed, somebody ended it) those of the moment when it ends.
void RolloutDriver::keep_last_figures(const rollout::Verdict& verdict) {
  const bool has_its_own = std::holds_alternative<rollout::TooManyErrors>(verdict.grounds) ||
                           std::holds_alternative<rollout::TooSlow>(verdict.grounds) ||
                           std::holds_alternative<rollout::TooLittleTraffic>(verdict.grounds);
  if (has_its_own || !current_->counted_since) return;
  for (Part& part : current_->parts | std::views::values) {
    keep_figures(part, part.windows.since(*current_->counted_since, traffic_.of(part.candidate),
                                          traffic_.of(part.old)));
  }
}

// Into Git for good, then into the ledger: from then on it is what runs, whatever dies.
void RolloutDriver::promote(const rollout::Promote& order) {
  office_.in_background(
      [commit = current_->commit(), quarantine = current_->quarantine](CommitStore& store) {
        return store.keep(commit, quarantine);
      },
      [this, id = current_->id, services = order.services](const Status& kept) {
        if (!current_ || current_->id != id) return;
        if (!kept) return feed(rollout::RecordFailed{kept.error().message});
        // Git took its time: what has crashed meanwhile is not worth a promotion.
        for (const auto& [name, part] : current_->parts) {
          if (!std::holds_alternative<Proving>(part.world->state().task)) {
            return feed(rollout::RecordFailed{name + " crashed while it was recorded"});
          }
        }
        const auto took = std::chrono::duration_cast<Milliseconds>(Clock::now() - current_->began);
        current_->message = fmt::format("100 % · live after {}", duration_text(took));
        if (const Milliseconds warm = longest_warmth(current_->rules); warm > Milliseconds{0}) {
          current_->message +=
              fmt::format(" · old generation kept warm for {}", duration_text(warm));
        }
        const auto recorded =
            office_.record(PromotedRecord{id, current_->release->number, services, took,
                                          current_->message, current_->figures()},
                           current_->who);
        if (!recorded) return feed(rollout::RecordFailed{recorded.error().message});
        feed(rollout::Recorded{});
      });
}

void RolloutDriver::take_back(const rollout::TakeBack& order) {
  const auto* taking = std::get_if<rollout::TakingBack>(&current_->state.phase);
  const std::string reason = taking ? rollout::phrase(taking->verdict) : "it was not kept";
  for (const std::string& service : order.services) {
    current_->parts.at(service).world->feed(TakeBackAsked{reason});
  }
  for (const std::string& service : order.restore) {
    Part& part = current_->parts.at(service);
    part.waits_for_old = true;
    if (serving(part.world->state())) {
      part.waits_for_old = false;
      feed(rollout::OldRestored{service});
    }
  }
}

void RolloutDriver::discard() {
  for (auto& [name, part] : current_->parts) part.world->feed(BuildCancelled{});
  if (!current_->release || current_->was_built) return;
  const std::string id = current_->release->id();
  office_.in_background([id](CommitStore& store) { return store.remove(id); },
                        [](const Status&) {});
}

void RolloutDriver::announce(std::string_view outcome) const {
  if (announcer_.json()) {
    return announcer_.event("rollout", {{"id", current_->id},
                                        {"commit", current_->commit()},
                                        {"outcome", outcome},
                                        {"message", valid_utf8(current_->message)}});
  }
  const Mark mark = outcome == "promoted" ? Mark::done : Mark::failed;
  announcer_.say(mark, fmt::format("rollout of {} → {}", current_->name(), current_->message));
}

// A program that is judged by its answers may have written why they were so; before it is told to
// end, and writes of that.
void RolloutDriver::keep_last_words(const rollout::Verdict& verdict) {
  const bool is_judged = std::holds_alternative<rollout::TooManyErrors>(verdict.grounds) ||
                         std::holds_alternative<rollout::TooSlow>(verdict.grounds) ||
                         std::holds_alternative<rollout::NotHealthy>(verdict.grounds) ||
                         std::holds_alternative<rollout::FailsReplay>(verdict.grounds) ||
                         std::holds_alternative<rollout::FailsMirror>(verdict.grounds);
  const auto part = current_->parts.find(verdict.service);
  if (!is_judged || part == current_->parts.end()) return;
  current_->details = part->second.world->last_words(part->second.candidate);
}

void RolloutDriver::say(const rollout::Progress& progress) {
  const auto took = std::chrono::duration_cast<Milliseconds>(Clock::now() - current_->began);
  const auto ended = [&](std::string_view outcome, const rollout::Verdict& verdict) {
    current_->outcome = outcome;
    current_->gate = rollout::gate_name(verdict);
    current_->message = rollout::phrase(progress);
    for (const std::string& line : current_->details) current_->message += "\n    " + line;
    const auto recorded =
        office_.record_surely(FailedRecord{current_->id, current_->outcome, current_->gate,
                                           current_->message, took, current_->figures()},
                              current_->who);
    if (!recorded) {
      announcer_.warn(owed_text(recorded.error()));
    }
    announce(outcome);
  };
  std::visit(
      overloaded{
          [&](const rollout::EndedRefused& end) { ended("refused", end.verdict); },
          [&](const rollout::EndedTakenBack& end) { ended("taken_back", end.verdict); },
          [&](const rollout::EndedPromoted&) { announce("promoted"); },
          [&](const rollout::StartBegan& start) {
            current_->start_began = Clock::now();
            if (!start.held.empty()) tell(rollout::phrase(progress));
          },
          [&](const rollout::CandidateIsUp&) {
            const auto after =
                std::chrono::duration_cast<Milliseconds>(Clock::now() - current_->start_began);
            tell(fmt::format("{}  {}", rollout::phrase(progress), duration_text(after)));
          },
          [&](const rollout::TakeBackBegan& begun) {
            keep_last_words(begun.verdict);
            keep_last_figures(begun.verdict);
          },
          // What follows at once, or is told with its figures.
          [](const rollout::LayOutBegan&) {}, [](const rollout::BuildBegan&) {},
          [](const rollout::ShareTaken&) {}, [&](const auto&) { tell(rollout::phrase(progress)); }},
      progress);
}

}  // namespace livefix::control
