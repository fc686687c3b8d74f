#include "control/rollout_driver.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <iterator>
#include <ranges>
#include <utility>

#include "base/overloaded.h"
#include "control/current_rollout.h"
#include "control/phrases.h"
#include "control/push_verdict.h"
#include "control/replay_choice.h"
#include "rollout/phrases.h"

namespace livefix::control {
namespace {

std::string line_json(std::string_view text) {
  return boost::json::serialize(boost::json::object{{"line", valid_utf8(text)}});
}

void refuse(const ApiReply& reply, const std::string& why) {
  reply.line(PushVerdict{false, "refused", "refused: " + why}.json());
  reply.end();
}

std::string_view plan_text(const rollout::Rules& rules) {
  using Service = rollout::ServiceRules;
  if (std::ranges::none_of(rules.services, &Service::has_old)) return "first start";
  const auto beside = [](const Service& service) { return service.has_old && !service.hold; };
  return std::ranges::any_of(rules.services, beside)
             ? "handover (a new process beside the old one)"
             : "hold and swap over (the old process stops, requests wait for the new one)";
}

rollout::Event event_of(RolloutDriver::Command command, const std::string& who,
                        const std::string& why) {
  using enum RolloutDriver::Command;
  switch (command) {
    case pause:
      return rollout::PauseAsked{};
    case resume:
      return rollout::ResumeAsked{};
    case promote:
      return rollout::PromoteAsked{};
    case abort:
      break;
  }
  return rollout::AbortAsked{who, why};
}

// Of a sentence that may have details below it.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const auto line : text | std::views::split('\n')) {
    lines.emplace_back(std::string_view(line));
  }
  return lines;
}

}  // namespace

RolloutDriver::RolloutDriver(boost::asio::io_context& context, ReleaseOffice& office,
                             const RunSpec& run, const Traffic& traffic,
                             std::vector<ServiceWorld*> services, BranchSettler& branch,
                             RolloutSymptoms& symptoms, Recordings& recordings, Announcer announcer,
                             std::int32_t keeper_pid)
    : context_(context),
      office_(office),
      run_(run),
      traffic_(traffic),
      services_(std::move(services)),
      branch_(branch),
      symptoms_(symptoms),
      recordings_(recordings),
      announcer_(std::move(announcer)),
      keeper_pid_(keeper_pid),
      timer_(context),
      memory_timer_(context) {
  recordings_.on_mirrored(
      [this](observe::ExchangeRecord exchange) { on_mirrored(std::move(exchange)); });
}

RolloutDriver::~RolloutDriver() {
  recordings_.on_mirrored(nullptr);
}

std::string RolloutDriver::describe() const {
  if (!current_) return examining_ ? "a push is being looked at" : "";
  return fmt::format("{} by {} is being rolled out ({}{})", current_->name(), current_->who,
                     rollout::name_of(current_->state), current_->state.paused ? ", paused" : "");
}

// --- a push --------------------------------------------------------------------------------------

void RolloutDriver::push(const PushRequest& push, const ApiReply& reply) {
  const PushMeaning meaning = meaning_of(push, run_.commits->branch);
  if (const auto* refused = std::get_if<Refuses>(&meaning)) {
    return refuse(reply, refused->reason);
  }
  if (std::holds_alternative<Stores>(meaning)) {
    const auto said = fmt::format("stored; what runs here is {}", run_.commits->branch);
    reply.line(PushVerdict{true, "stored", said}.json());
    return reply.end();
  }
  if (is_busy()) {
    return refuse(reply, fmt::format("{}; push again when that is over, or end it with "
                                     "livefix abort",
                                     describe()));
  }
  const RefUpdate update = std::get<RollsOut>(meaning).update;
  examining_ = true;
  office_.in_background([push, update, running = office_.running()](
                            CommitStore& store) { return store.examine(push, update, running); },
                        [this, push, update, reply](Result<ExaminedPush> result) {
                          examined(push, update, reply, std::move(result));
                        });
}

void RolloutDriver::examined(const PushRequest& push, const RefUpdate& update,
                             const ApiReply& reply, Result<ExaminedPush> result) {
  examining_ = false;
  if (!result || !result->refusal.empty()) {
    const std::string why = result ? result->refusal : result.error().message;
    record_refusal(push, update, result ? result->commit.subject : "", why);
    return refuse(reply, why);
  }
  reply.line(line_json(
      fmt::format("{}  {}", result->commit.id.short_hex(), valid_utf8(result->commit.subject))));
  if (result->is_forced) {
    reply.line(line_json("what the branch was at is not in its history (a forced push)"));
  }
  if (result->touched.empty()) {
    reply.line(PushVerdict{.ok = true,
                           .outcome = "unchanged",
                           .message = "the files of no service are changed; what runs goes on",
                           .commit = result->commit.id.hex()}
                   .json());
    return reply.end();
  }
  begin(push, update, reply, std::move(*result));
}

// What was looked at and is not to run: somebody tried to.
void RolloutDriver::record_refusal(const PushRequest& push, const RefUpdate& update,
                                   const std::string& subject, const std::string& why) {
  const std::uint32_t id = office_.book().next_rollout();
  const std::string who = push.pusher.empty() ? "somebody" : push.pusher;
  const RolloutRecord rollout{id, 0, update.after.hex(), subject, update.before.hex(), {}};
  auto recorded = office_.record(rollout, who, ledger::Durability::note);
  if (recorded) {
    recorded = office_.record(FailedRecord{id, "refused", "", "refused: " + why, {}}, who);
  }
  if (!recorded) announcer_.warn("the ledger: " + recorded.error().message);
}

std::vector<ServiceWorld*> RolloutDriver::worlds_of(const std::vector<std::string>& names) const {
  std::vector<ServiceWorld*> worlds;
  std::ranges::copy_if(services_, std::back_inserter(worlds), [&](const ServiceWorld* world) {
    return std::ranges::find(names, world->name()) != names.end();
  });
  return worlds;
}

rollout::Rules RolloutDriver::rules_for(const std::vector<ServiceWorld*>& worlds) {
  rollout::Rules rules;
  for (const ServiceWorld* world : worlds) {
    rollout::ServiceRules service{world->name(), world->spec().rollout};
    service.has_old = serving(world->state()) != nullptr;
    const PlanChoice plan = world->spec().rollout.plan;
    if (plan == PlanChoice::hold) service.hold = rollout::HoldReason::asked;
    if (world->state().fixed_port) service.hold = rollout::HoldReason::fixed_port;
    service.may_hold = plan != PlanChoice::handover;
    if (replays_at_rollout(world->spec())) service.replay = world->spec().traffic.replay;
    if (mirrors_at_rollout(world->spec())) service.mirror = world->spec().traffic.mirror;
    rules.limits.start = std::max(rules.limits.start, 2 * world->spec().timing.ready);
    rules.services.push_back(std::move(service));
  }
  return rules;
}

void RolloutDriver::begin(const PushRequest& push, const RefUpdate& update, const ApiReply& reply,
                          ExaminedPush examined) {
  const TimePoint now = Clock::now();
  const std::vector<ServiceWorld*> touched = worlds_of(examined.touched);
  auto current = std::make_unique<Current>(Current{
      .id = office_.book().next_rollout(),
      .push = std::move(examined),
      .update = update,
      .quarantine = push.quarantine,
      .artifacts = push.artifacts,
      .who = push.pusher.empty() ? "somebody" : push.pusher,
      .reply = reply,
      .began = now,
      .rules = rules_for(touched),
      .state = {},
  });
  for (ServiceWorld* world : touched) {
    Part part{.world = world};
    if (world->spec().traffic.count_routes) part.route_traffic.emplace(traffic_);
    if (const Generation* old = serving(world->state())) {
      part.old = old->id;
      part.old_release = old->release.name;
      part.windows.begin(traffic_.of(part.old));
      part.routes.begin(part.read_routes().old);
    }
    current->parts.emplace(world->name(), std::move(part));
  }
  const auto recorded =
      office_.record(RolloutRecord{current->id, 0, current->commit(), current->push.commit.subject,
                                   update.before.hex(), current->push.touched},
                     current->who, ledger::Durability::note);
  if (!recorded) {
    return refuse(reply, fmt::format("it cannot be recorded: {}", recorded.error().message));
  }
  current_ = std::move(current);
  const std::size_t files = current_->push.changed_files;
  tell(fmt::format("{}plan: {}", files > 0 ? count_text(files, "file") + " · " : "",
                   plan_text(current_->rules)));
  if (!current_->push.signed_by.empty()) tell("signed by " + current_->push.signed_by);
  for (const Artifact& one : current_->artifacts) {
    tell(fmt::format("artifact {}  {}", one.path, one.short_hash()));
  }
  take(rollout::begin(current_->rules, now));
  reply.on_gone([this, id = current_->id] {
    if (current_ && current_->id == id) feed(rollout::PusherLeft{});
  });
  settle();
}

void RolloutDriver::command(Command command, const std::string& who, const std::string& why,
                            const ApiReply& reply) {
  if (!current_) {
    return reply.answer(api_outcome(409, false, "no rollout is under way"));
  }
  if (command == Command::resume && !current_->state.paused &&
      !rollout::is_shown(current_->state)) {
    return reply.answer(api_outcome(409, false, describe() + ", and nobody has paused it"));
  }
  if (command == Command::abort && rollout::is<rollout::Promoting>(current_->state)) {
    return reply.answer(api_outcome(
        409, false, "too late: it is being kept; livefix rollback goes back to what ran before"));
  }
  constexpr std::array kNames{"pause", "resume", "promote", "abort"};
  const std::string name = kNames.at(static_cast<std::size_t>(command));
  const auto recorded = office_.record(CommandRecord{current_->id, name}, who);
  if (!recorded) return reply.answer(api_outcome(500, false, recorded.error().message));
  const std::string before = describe();
  feed(event_of(command, who, why));
  reply.answer(api_outcome(200, true, fmt::format("{}: {}", name, current_ ? describe() : before)));
}

// --- steps ---------------------------------------------------------------------------------------

void RolloutDriver::feed(rollout::Event event) {
  events_.push_back(std::move(event));
  settle();
}

void RolloutDriver::settle() {
  while (current_ && !stepping_ && !events_.empty()) {
    const rollout::Event next = std::move(events_.front());
    events_.pop_front();
    take(rollout::step(std::move(current_->state), next, current_->rules, Clock::now()));
  }
}

void RolloutDriver::take(rollout::Transition transition) {
  stepping_ = true;
  current_->state = std::move(transition.state);
  const auto phase = rollout::name_of(current_->state);
  if (std::exchange(current_->phase, phase) != phase) {
    note(PhaseRecord{current_->id, std::string(phase), {}});
  }
  read_counters();
  end_replays();
  for (const rollout::Action& action : transition.actions) act(action);
  stepping_ = false;
  rollout::is_over(current_->state) ? finish() : arm_timer();
}

void RolloutDriver::act(const rollout::Action& action) {
  std::visit(
      overloaded{
          [this](const rollout::LayOut&) { lay_out(); }, [this](const rollout::Build&) { build(); },
          [this](const rollout::CheckMemory&) { check_memory(); },
          [this](const rollout::StartCandidates& order) { start_candidates(order); },
          [this](const rollout::CheckHealth& order) { check_health(order.service); },
          [this](const rollout::Replay& order) { replay(order.service); },
          [this](const rollout::Mirror& order) { mirror(order.service); },
          [this](const rollout::ApplyShare& order) { apply_share(order); },
          [this](const rollout::Measure& order) { measure(order.since); },
          [this](const rollout::Promote& order) { promote(order); },
          [](const rollout::RetireOld&) {},  // finish() keeps the new ones, which drains the old
          [this](const rollout::TakeBack& order) { take_back(order); },
          [this](const rollout::Discard&) { discard(); },
          [this](const rollout::Say& order) { say(order.progress); }},
      action);
}

void RolloutDriver::arm_timer() {
  const auto due = rollout::next_deadline(current_->state, current_->rules);
  if (!due) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(*due);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && current_) feed(rollout::Tick{});
  });
}

// A count begins with what there is when it begins.
void RolloutDriver::read_counters() {
  const auto* shifting = std::get_if<rollout::Shifting>(&current_->state.phase);
  const auto* baking = shifting ? std::get_if<rollout::Baking>(&shifting->stage) : nullptr;
  const std::optional<TimePoint> since = baking ? std::optional(baking->since) : std::nullopt;
  if (!baking || since == current_->counted_since) return;
  current_->counted_since = since;
  for (auto& [name, part] : current_->parts) {
    part.counted_share = part.share;
    part.windows.read(*since, traffic_.of(part.candidate), traffic_.of(part.old));
    Part::RoutesOfBoth routes = part.read_routes();
    part.routes.read(*since, std::move(routes.candidate), std::move(routes.old));
  }
}

void RolloutDriver::finish() {
  const auto ended = std::move(current_);
  events_.clear();
  timer_.cancel();
  memory_timer_.cancel();
  const bool promoted = rollout::is<rollout::Promoted>(ended->state);
  for (auto& [name, part] : ended->parts) {
    if (promoted)
      part.world->feed(KeepAsked{office_.release_of(*ended->release, part.world->spec())});
  }
  tell_symptoms(*ended);
  const auto took = std::chrono::duration_cast<Milliseconds>(Clock::now() - ended->began);
  ended->reply.line(
      PushVerdict{promoted, ended->outcome, ended->message, ended->gate, ended->commit(), took}
          .json());
  ended->reply.end();
  if (promoted) branch_.settle_later();
  office_.in_background([in_use = directories_in_use(), were_live = office_.were_live()](
                            CommitStore& store) { return store.prune(in_use, were_live); },
                        [this](const Status& status) {
                          if (!status)
                            announcer_.warn("old releases stay: " + status.error().message);
                          office_.sweep();
                        });
}

// Of services whose new release has had requests, or could have.
void RolloutDriver::tell_symptoms(const Current& ended) const {
  EndedRollout rollout{ended.id, ended.name(), {}, rollout::is<rollout::Promoted>(ended.state)};
  for (const auto& [name, part] : ended.parts) {
    const bool changed = !part.old_release.empty() && part.old_release != ended.name();
    if (part.candidate_ready && changed) {
      rollout.changes.push_back({name, part.old_release, ended.name()});
    }
  }
  for (const std::string& line : symptoms_.judge(rollout)) {
    ended.reply.line(line_json(rollout.promoted ? "100 % · " + line : line));
  }
}

// Of what is to run, what ran before that, and what still runs.
std::set<std::string> RolloutDriver::directories_in_use() const {
  std::set<std::string> ids = office_.in_use();
  for (const ReleaseRecord& record : office_.book().releases() | std::views::values) {
    const bool runs = std::ranges::any_of(services_, [&](const ServiceWorld* world) {
      return std::ranges::any_of(world->state().units | std::views::values, [&](const auto& unit) {
        return unit.release.number == record.number;
      });
    });
    if (runs) ids.insert(record.id());
  }
  return ids;
}

// --- what services report ------------------------------------------------------------------------

RolloutDriver::Part* RolloutDriver::part_of(const ServiceWorld& service) {
  if (!current_) return nullptr;
  const auto found = current_->parts.find(service.name());
  return found == current_->parts.end() ? nullptr : &found->second;
}

void RolloutDriver::on_report(ServiceWorld& service, const Report& report) {
  Part* part = part_of(service);
  if (!part) return;
  const std::string& name = service.name();
  const std::uint32_t ours = current_->release ? current_->release->number : 0;
  std::visit(overloaded{[&](const ReleaseBuilt& built) { built_one(*part, built); },
                        [&](const CandidateReady& ready) {
                          part->candidate = ready.unit;
                          part->candidate_ready = true;
                          feed(rollout::CandidateReady{name});
                        },
                        [&](const control::ShareApplied& applied) {
                          if (part->waits_for_share && applied.percent == part->share)
                            share_applied(*part);
                        },
                        [&](const AttemptFailed& failed) {
                          if (failed.attempt.release.number != ours ||
                              std::holds_alternative<TakenBack>(failed.why)) {
                            return;
                          }
                          Explanation why =
                              service.why(failed.attempt.release, failed.unit, failed.why);
                          current_->details = std::move(why.details);
                          if (part->candidate_ready) {
                            feed(rollout::CandidateCrashed{name, std::move(why.sentence)});
                          } else {
                            feed(rollout::CandidateFailed{name, std::move(why.sentence)});
                          }
                        },
                        [&](const GenerationCrashed& crashed) {
                          if (crashed.release.number != ours) feed(rollout::OldCrashed{name});
                        },
                        [&](const AttemptServes& serves) {
                          if (serves.attempt.release.number == ours || !part->waits_for_old) return;
                          part->waits_for_old = false;
                          feed(rollout::OldRestored{name});
                        },
                        // What the dead proxy carried counts as lost, whoever had it.
                        [&](const ProxyCameBack&) {
                          current_->counted_since.reset();
                          read_counters();
                        },
                        [](const auto&) {}},
             report);
}

void RolloutDriver::on_build_line(ServiceWorld& service, std::string_view line) {
  const Part* part = part_of(service);
  if (part && part->waits_for_build) current_->reply.line(line_json(fmt::format("| {}", line)));
}

void RolloutDriver::tell(const std::string& text) {
  for (const std::string& line : lines_of(text)) current_->reply.line(line_json(line));
  note(PhaseRecord{current_->id, {}, text});
}

// Not a decision: what is lost of these is found out from the keeper.
void RolloutDriver::note(const PhaseRecord& record) {
  const auto written = office_.record(record, {}, ledger::Durability::note);
  if (!written) announcer_.warn("the ledger: " + written.error().message);
}

Status end_interrupted(ReleaseOffice& office) {
  const RolloutStory* story = office.book().unfinished();
  if (!story) return {};
  const rollout::Verdict verdict{{}, rollout::Interrupted{}};
  return office.record_surely(FailedRecord{story->rollout.id,
                                           "taken_back",
                                           std::string(rollout::gate_name(verdict)),
                                           rollout::phrase(verdict),
                                           {}},
                              "livefix");
}

}  // namespace livefix::control
