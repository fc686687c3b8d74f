// Until the candidates are ready for traffic, and what can happen at any time.
#include "rollout/rollout_step.h"

#include <algorithm>

namespace livefix::rollout {

void Step::act(Action action) {
  actions.push_back(std::move(action));
}

void Step::say(Progress progress) {
  act(Say{std::move(progress)});
}

bool Step::is_open() const {
  return !is_over(state) && !is<Promoting>(state) && !is<TakingBack>(state);
}

const ServiceRules* Step::find_rules(const std::string& service) const {
  const auto found = std::ranges::find(rules.services, service, &ServiceRules::name);
  return found == rules.services.end() ? nullptr : &*found;
}

std::vector<std::string> Step::services() const {
  std::vector<std::string> names;
  for (const ServiceRules& service : rules.services) names.push_back(service.name);
  return names;
}

// --- laid out, built -----------------------------------------------------------------------------

void Step::on(const LaidOut&) {
  if (!is<Preparing>(state)) return;
  state.phase = Building{now};
  act(Build{});
  say(BuildBegan{});
}

void Step::on(const LayOutFailed& event) {
  if (is<Preparing>(state)) take_back({"", NotLaidOut{event.reason}});
}

void Step::on(const Built&) {
  auto* building = std::get_if<Building>(&state.phase);
  if (!building || building->built) return;
  if (state.memory_known) return start();
  building->built = now;
  act(CheckMemory{});
}

void Step::on(const BuildFailed& event) {
  const auto* building = std::get_if<Building>(&state.phase);
  if (building && !building->built) take_back({event.service, NotBuilt{event.reason}});
}

void Step::on(const MemoryChecked& event) {
  if (!is_open()) return;
  if (!event.enough && (state.begun || !can_hold_all())) {
    return take_back({"", NoMemory{event.figures}});
  }
  if (state.begun) return;
  state.memory_known = true;
  state.short_of_memory = !event.enough;
  const auto* building = std::get_if<Building>(&state.phase);
  if (building && building->built) start();
}

// One generation at a time saves memory where there are two, and may be done to every service.
bool Step::can_hold_all() const {
  const auto would_have_two = [](const ServiceRules& s) { return s.has_old && !s.hold; };
  return std::ranges::any_of(rules.services, would_have_two) &&
         std::ranges::all_of(rules.services, [&](const ServiceRules& service) {
           return service.may_hold || !would_have_two(service);
         });
}

// --- started, healthy ----------------------------------------------------------------------------

void Step::start() {
  Starting starting{now, {}};
  StartCandidates order;
  StartBegan began{services(), {}};
  for (const ServiceRules& service : rules.services) {
    Part& part = state.parts[service.name];
    part.held = service.has_old && (service.hold || state.short_of_memory);
    if (part.held) {
      part.old_down = true;
      began.held.push_back(service.name);
    }
    starting.awaited.insert(service.name);
    order.candidates.push_back({service.name, part.held});
  }
  state.begun = true;
  state.phase = std::move(starting);
  act(std::move(order));
  say(std::move(began));
}

void Step::on(const CandidateReady& event) {
  auto* starting = std::get_if<Starting>(&state.phase);
  if (!starting || starting->awaited.erase(event.service) == 0) return;
  say(CandidateIsUp{event.service});
  if (starting->awaited.empty()) verify();
}

void Step::on(const CandidateFailed& event) {
  candidate_died(event.service, NotStarted{event.reason});
}

void Step::on(const CandidateCrashed& event) {
  candidate_died(event.service, Crashed{event.what});
}

void Step::candidate_died(const std::string& service, Grounds grounds) {
  if (!state.begun || is_over(state) || !find_rules(service)) return;
  state.parts[service].died = true;
  if (auto* back = std::get_if<TakingBack>(&state.phase)) {
    if (back->covering.erase(service) > 0) give_back();
  } else if (is_open()) {
    take_back({service, std::move(grounds)});
  }
}

void Step::verify() {
  Verifying verifying{now, {}};
  for (const ServiceRules& service : rules.services) {
    if (service.policy.health) {
      verifying.unhealthy[service.name] = {};
      act(CheckHealth{service.name});
    } else {
      replay(verifying, service);
    }
  }
  state.phase = std::move(verifying);
}

void Step::on(const HealthAnswered& event) {
  auto* verifying = std::get_if<Verifying>(&state.phase);
  if (!verifying) return;
  const auto wait = verifying->unhealthy.find(event.service);
  if (wait == verifying->unhealthy.end()) return;
  if (event.ok) {
    verifying->unhealthy.erase(wait);
    say(HealthPassed{event.service, event.what});
    replay(*verifying, *find_rules(event.service));
  } else {
    wait->second = {event.what, now + kHealthPause};  // programs listen before they are fit
  }
}

// There is an old generation to do as well as, and nobody waits: neither a person nor requests.
bool Step::has_old_to_match(const ServiceRules& service) {
  return service.has_old && !state.parts[service.name].old_down && !state.hurried;
}

void Step::replay(Verifying& verifying, const ServiceRules& service) {
  if (!service.replay || !has_old_to_match(service)) return mirror(verifying, service);
  verifying.replaying[service.name] = now;
  act(Replay{service.name});
}

void Step::mirror(Verifying& verifying, const ServiceRules& service) {
  if (!service.mirror || !has_old_to_match(service)) return;
  verifying.mirroring[service.name] = now;
  act(Mirror{service.name});
}

void Step::on(const Replayed& event) {
  auto* verifying = std::get_if<Verifying>(&state.phase);
  if (!verifying || verifying->replaying.erase(event.service) == 0) return;
  if (const auto fault = judge(event.figures, *find_rules(event.service)->replay)) {
    return take_back({event.service, FailsReplay{*fault, event.figures}});
  }
  if (event.figures.has_any()) {
    say(ReplayPassed{rules.services.size() > 1 ? event.service : "", event.figures});
  }
  mirror(*verifying, *find_rules(event.service));
}

void Step::on(const Mirrored& event) {
  auto* verifying = std::get_if<Verifying>(&state.phase);
  if (!verifying || verifying->mirroring.erase(event.service) == 0) return;
  if (const auto fault = judge(event.figures, *find_rules(event.service)->mirror)) {
    return take_back({event.service, FailsMirror{*fault, event.figures}});
  }
  say(MirrorPassed{rules.services.size() > 1 ? event.service : "", event.figures});
}

// --- asked by people -----------------------------------------------------------------------------

void Step::on(const PauseAsked&) {
  if (!is_open() || state.paused) return;
  state.paused = now;
  state.hurried = false;  // the last word counts
  say(WasPaused{});
}

void Step::on(const ResumeAsked&) {
  if (!state.paused && !is_shown(state)) return;
  if (is_shown(state)) std::get<Verifying>(state.phase).shown_until = now;
  state.paused.reset();
  // Patience is for the time in which it would have gone on.
  if (auto* shifting = std::get_if<Shifting>(&state.phase)) {
    if (auto* baking = std::get_if<Baking>(&shifting->stage)) baking->waiting.reset();
  }
  say(WasResumed{});
}

void Step::on(const PromoteAsked&) {
  if (!is_open()) return;
  state.hurried = true;
  state.paused.reset();
  const auto* shifting = std::get_if<Shifting>(&state.phase);
  if (shifting && std::holds_alternative<Moving>(shifting->stage) && shifting->percent < 100) {
    move(100);
  }
}

void Step::on(const AbortAsked& event) {
  if (is<Promoting>(state)) say(AbortIsLate{});
  if (is_open()) take_back({"", Aborted{event.who, event.why}});
}

void Step::on(const PusherLeft&) {
  if (is_open()) take_back({"", PusherGone{}});
}

// --- time ----------------------------------------------------------------------------------------

void Step::settle() {
  if (state.paused && now >= *state.paused + rules.limits.pause) {
    return take_back({"", PausedTooLong{since(*state.paused)}});
  }
  std::visit([this](auto& phase) { settle_in(phase); }, state.phase);
}

bool Step::too_late(TimePoint begin, Milliseconds limit, Stage stage, const std::string& service) {
  if (now < begin + limit) return false;
  take_back({service, TookTooLong{stage, since(begin)}});
  return true;
}

void Step::settle_in(Preparing& phase) {
  too_late(phase.since, rules.limits.lay_out, Stage::lay_out);
}

void Step::settle_in(Building& phase) {
  if (!phase.built) {
    too_late(phase.since, rules.limits.build, Stage::build);
  } else if (now >= *phase.built + rules.limits.memory) {
    start();  // a look ahead, not a gate: not to know is no reason to refuse
  }
}

void Step::settle_in(Starting& phase) {
  too_late(phase.since, rules.limits.start, Stage::start, *phase.awaited.begin());
}

void Step::settle_in(Verifying& phase) {
  for (auto& [service, wait] : phase.unhealthy) {
    if (now >= phase.since + find_rules(service)->policy.health->timeout) {
      return take_back({service, NotHealthy{wait.last_answer, since(phase.since)}});
    }
    if (wait.again && now >= *wait.again) {
      wait.again.reset();
      act(CheckHealth{service});
    }
  }
  std::erase_if(phase.replaying, [&](const auto& one) {
    const auto& [service, began] = one;
    if (state.hurried || state.parts[service].old_down) return true;
    if (now < began + find_rules(service)->replay->time + rules.limits.replay) return false;
    say(ReplayGivenUp{service});
    mirror(phase, *find_rules(service));
    return true;
  });
  std::erase_if(phase.mirroring, [&](const auto& one) {
    const auto& [service, began] = one;
    const ServiceRules& of = *find_rules(service);
    if (!has_old_to_match(of)) return true;
    if (now < began + of.mirror->time + rules.limits.replay) return false;
    say(MirrorGivenUp{service});
    return true;
  });
  const bool is_proven =
      phase.unhealthy.empty() && phase.replaying.empty() && phase.mirroring.empty();
  if (!is_proven) return;
  if (somebody_waits() || (!waits_for_look(phase) && !state.paused)) climb(0);
}

// Requests of a service whose old generation does not run: for its candidate, and no longer than
// they must.
bool Step::somebody_waits() const {
  return std::ranges::any_of(rules.services, [this](const ServiceRules& service) {
    return service.has_old && state.parts.at(service.name).old_down;
  });
}

bool Step::waits_for_look(Verifying& phase) {
  Milliseconds time{};
  for (const ServiceRules& service : rules.services) {
    if (has_old_to_match(service)) time = std::max(time, service.policy.preview);
  }
  if (time == Milliseconds{0}) return false;
  if (!phase.shown_until) {
    phase.shown_until = now + time;
    say(PreviewBegan{time});
  }
  return now < *phase.shown_until;
}

}  // namespace livefix::rollout
