#include "control/rollback.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <ranges>
#include <set>

#include "control/phrases.h"
#include "control/release_choice.h"
#include "control/release_drift.h"

namespace livefix::control {
namespace {

// The services that the newest release which serves was rolled out for.
std::vector<std::string> services_of_last(const ReleaseBook& book) {
  for (const RolloutStory& story : book.stories() | std::views::reverse) {
    if (story.outcome == "promoted") return story.rollout.services;
  }
  return {};
}

}  // namespace

struct Rollback::Current {
  RollbackRequest request;
  ApiReply reply;
  ReleaseRecord target{};
  std::vector<ServiceWorld*> services{};
  std::vector<ReleaseRecord> before{};  // of each
  std::uint32_t id = 0;                 // as it is recorded
  std::set<std::string> awaited{};
  PutBack put_back{};
  TimePoint began{};
};

Rollback::Rollback(ReleaseOffice& office, std::vector<ServiceWorld*> services,
                   BranchSettler& branch, RolloutSymptoms& symptoms, Announcer announcer)
    : office_(office),
      services_(std::move(services)),
      branch_(branch),
      symptoms_(symptoms),
      announcer_(std::move(announcer)) {}

Rollback::~Rollback() = default;

void Rollback::begin(const RollbackRequest& request, const ApiReply& reply) {
  const auto refuse = [&](const std::string& why) { reply.answer(api_outcome(409, false, why)); };
  const ReleaseBook& book = office_.book();
  const std::vector<std::string> names = services_of_last(book);
  if (names.empty()) return refuse("nothing was rolled out yet");
  const ReleaseRecord* previous = book.kept_before(names.front());
  if (request.to.empty() && !previous) {
    return refuse(fmt::format("nothing ran before {}", book.kept(names.front())->name));
  }
  const auto target =
      request.to.empty() ? Result<ReleaseRecord>(*previous) : find_release(book, request.to);
  if (!target) return refuse(target.error().message);

  auto current = std::make_unique<Current>(Current{.request = request, .reply = reply});
  current->target = *target;
  current->began = Clock::now();
  for (ServiceWorld* world : services_) {
    const ReleaseRecord* kept = book.kept(world->name());
    const bool is_meant = std::ranges::find(names, world->name()) != names.end();
    if (!is_meant || !kept || kept->number == target->number) continue;
    current->services.push_back(world);
    current->before.push_back(*kept);
  }
  if (current->services.empty()) {
    return refuse(fmt::format("{} is what runs already", target->name));
  }
  current_ = std::move(current);
  // Whose files are there at all; nothing: they are not.
  using Found = std::optional<PutBack>;
  office_.in_background(
      [release = RunningRelease{target->number, target->id(), target->name, target->commit, names},
       who = request.who](CommitStore& store) -> Result<Found> {
        const auto is_there = store.has(release.id);
        if (!is_there) return std::unexpected(is_there.error());
        if (!*is_there) return Found();
        auto put_back = put_edits_back(store, release, std::nullopt, true, who);
        if (!put_back) return std::unexpected(put_back.error());
        return Found(std::move(*put_back));
      },
      [this](const Result<Found>& found) {
        if (!current_) return;
        const ReleaseRecord& release = current_->target;
        if (!found) return end(409, false, found.error().message);
        if (*found) {
          current_->put_back = **found;
          return switch_services();
        }
        end(409, false,
            release.artifacts.empty()
                ? fmt::format("the files of {0} are not kept any more; push it again: git push "
                              "--force live {0}:BRANCH",
                              release.name)
                : fmt::format("the files of {} are not kept any more; push it again with its "
                              "artifacts: livefix push --commit {} --artifact ...",
                              release.name, release.commit));
      });
}

ReleaseAsked Rollback::order_of(const ServiceWorld& world, const ReleaseRecord& release) const {
  return {{.release = office_.release_of(release, world.spec()),
           .alone = world.spec().rollout.plan == PlanChoice::hold}};
}

void Rollback::switch_services() {
  std::vector<std::string> names;
  for (const ServiceWorld* world : current_->services) names.push_back(world->name());
  const std::string message = fmt::format("rolled back from {} to {}",
                                          current_->before.front().name, current_->target.name);
  current_->id = office_.book().next_rollout();
  const auto recorded = office_.record(
      RollbackRecord{current_->id, current_->target.number, names, message}, current_->request.who);
  if (!recorded) return end(500, false, recorded.error().message);
  if (const PutBack& back = current_->put_back; !back.files.empty()) {
    const auto noted =
        office_.record(DriftRecord{current_->target.number, "restored", back.files, back.branch},
                       current_->request.who, ledger::Durability::note);
    if (!noted) announcer_.warn(noted.error().message);
  }
  current_->awaited = {names.begin(), names.end()};
  for (ServiceWorld* world : std::vector(current_->services)) {
    world->feed(order_of(*world, current_->target));
    if (!current_) return;
  }
}

void Rollback::on_report(ServiceWorld& service, const Report& report) {
  if (!current_ || !current_->awaited.contains(service.name())) return;
  if (const auto* serves = std::get_if<AttemptServes>(&report)) {
    if (serves->attempt.release.number != current_->target.number) return;
    current_->awaited.erase(service.name());
    if (current_->awaited.empty()) served();
  } else if (const auto* failure = std::get_if<AttemptFailed>(&report)) {
    if (failure->attempt.release.number == current_->target.number) failed(service, *failure);
  }
}

void Rollback::served() {
  const auto took = std::chrono::ceil<Milliseconds>(Clock::now() - current_->began);
  std::string message = fmt::format("{} → {} · live after {}", current_->before.front().name,
                                    current_->target.name, duration_text(took));
  if (!current_->put_back.files.empty()) message += "; " + text_of(current_->put_back);
  if (announcer_.json()) {
    announcer_.event("rollback", {{"commit", current_->target.commit}, {"message", message}});
  } else {
    announcer_.say(Mark::done, "rollback " + message);
  }
  const auto noted = office_.record(ServedRecord{current_->id, took}, current_->request.who,
                                    ledger::Durability::note);
  if (!noted) announcer_.warn("the ledger: " + noted.error().message);
  watch_symptoms();
  std::vector<std::string> names;
  for (const ServiceWorld* world : current_->services) names.push_back(world->name());
  office_.in_background(
      [commit = current_->target.commit, names, who = current_->request.who,
       ref_only = current_->request.ref_only](CommitStore& store) -> Result<std::string> {
        if (!ref_only) return store.revert_branch(commit, names, who);
        if (const auto moved = store.move_branch(commit); !moved) {
          return std::unexpected(moved.error());
        }
        return commit;
      },
      [this, message](const Result<std::string>& head) {
        if (!current_) return;
        if (head) {
          return end(200, true,
                     fmt::format("{}; the branch is at {}", message, head->substr(0, 7)));
        }
        branch_.settle_later();
        end(500, false,
            fmt::format("{}; but the branch could not be moved, which is tried again: {}", message,
                        head.error().message));
      });
}

void Rollback::watch_symptoms() const {
  EndedRollout rollout{current_->id, current_->target.name, {}, true, true};
  for (std::size_t i = 0; i < current_->services.size(); ++i) {
    rollout.changes.push_back(
        {current_->services[i]->name(), current_->before[i].name, current_->target.name});
  }
  symptoms_.judge(rollout);
}

// What ran before runs on, and that has to be written down too.
void Rollback::failed(ServiceWorld& service, const AttemptFailed& report) {
  const std::string why = service.why(report.attempt.release, report.unit, report.why).text();
  const std::uint32_t first = office_.book().next_rollout();
  for (std::size_t i = 0; i < current_->services.size(); ++i) {
    ServiceWorld& world = *current_->services[i];
    const ReleaseRecord& before = current_->before[i];
    const auto recorded =
        office_.record_surely(RollbackRecord{first + static_cast<std::uint32_t>(i),
                                             before.number,
                                             {world.name()},
                                             "back to " + before.name},
                              "livefix");
    if (!recorded) {
      announcer_.warn(owed_text(recorded.error()));
    }
    current_->awaited.erase(world.name());
    if (&world == &service) {
      world.feed(KeepAsked{office_.release_of(before, world.spec())});
    } else {
      world.feed(order_of(world, before));
    }
  }
  end(409, false,
      fmt::format("{} does not start any more: {}\n{} goes on", current_->target.name, why,
                  current_->before.front().name));
}

void Rollback::end(unsigned status, bool ok, const std::string& message) {
  const auto ended = std::move(current_);
  ended->reply.answer(api_outcome(status, ok, message));
}

}  // namespace livefix::control
