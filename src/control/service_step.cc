#include "control/service_step.h"

#include <algorithm>
#include <iterator>

#include "control/routing.h"

namespace livefix::control {
namespace {

std::vector<std::string> with_output(std::vector<std::string> command, const std::string& output) {
  constexpr std::string_view place = "{output}";
  for (std::string& argument : command) {
    for (auto at = argument.find(place); at != std::string::npos;
         at = argument.find(place, at + output.size())) {
      argument.replace(at, place.size(), output);
    }
  }
  return command;
}

// One cause out of two that follow each other: the files of both, the time of the later one.
Cause merge(const Cause& older, Cause newer) {
  if (older.kind != CauseKind::save) return newer;
  std::vector<std::string> paths;
  std::ranges::set_union(older.paths, newer.paths, std::back_inserter(paths));
  newer.paths = std::move(paths);
  return newer;
}

}  // namespace

// --- the way of a change -------------------------------------------------------------------------

void Step::begin(Cause cause) {
  if (policy.runs_commits) return begin(Attempt{std::move(cause), state.served_release});
  begin(Attempt{std::move(cause), saved_release(++state.last_release)});
}

void Step::begin(Attempt attempt) {
  state.given_up = false;
  act(Report{AttemptBegan{attempt}});
  const bool is_rollout = attempt.cause.kind == CauseKind::rollout;
  if (Generation* old = is_rollout ? find_revivable(attempt.release) : nullptr) {
    return go_live(std::move(attempt), *old);
  }
  // A commit is built in advance.
  if (!policy.service.build || policy.runs_commits) return start_candidate(std::move(attempt));
  state.builds.insert(attempt.release.number);
  const UnitId unit = add_build(attempt.release).id;
  state.task = Building{std::move(attempt), unit};
}

Generation& Step::add_build(const Release& release) {
  const std::string output = build_output(policy, release);
  return add_unit(release, true, with_output(policy.service.build->command, output));
}

bool Step::end_advance_build(UnitId unit, std::optional<Failure> failure) {
  if (!state.advance_build || state.advance_build->unit != unit) return false;
  const AdvanceBuild ended = *std::exchange(state.advance_build, {});
  if (Generation* build = find(unit)) retire(*build, Milliseconds{0});  // whatever it left running
  act(Report{ReleaseBuilt{ended.release, unit, std::move(failure)}});
  return true;
}

void Step::start_candidate(Attempt attempt) {
  if (state.fixed_port || attempt.alone) {
    // The old one must be gone before the new one can have its port.
    Generation* old = find_serving();
    const bool room =
        std::ranges::all_of(state.units, [](const auto& entry) { return entry.second.builds; });
    if (old) drain(*old);
    for (auto& [id, unit] : state.units) {
      if (is<Warm>(unit)) let_go(unit);
    }
    if (!room) {
      state.task = MakingRoom{std::move(attempt)};
      return;
    }
  }
  const std::string output = build_output(policy, attempt.release);
  const UnitId unit =
      add_unit(attempt.release, false, with_output(policy.service.command, output)).id;
  state.task = Trying{std::move(attempt), unit};
}

void Step::switch_when_ready() {
  auto* trying = std::get_if<Trying>(&state.task);
  if (!trying) return;
  Generation* candidate = find(trying->candidate);
  if (!candidate || !is_ready(state, *candidate, now, nullptr)) return;
  const auto draining = std::ranges::count_if(
      state.units, [](const auto& entry) { return is<Draining>(entry.second); });
  if (draining >= static_cast<std::ptrdiff_t>(policy.max_draining)) return;

  go_live(std::move(trying->attempt), *candidate);
}

void Step::go_live(Attempt attempt, Generation& candidate) {
  for (auto& [id, unit] : state.units) {
    if (is<Yielding>(unit)) unit.phase = Draining{now, PlanVersion{number(state.plan) + 1}};
  }
  if (attempt.gradual) return prove(std::move(attempt), candidate);
  if (Generation* old = find_serving()) give_way(*old);
  switch_to(std::move(attempt), candidate);
}

void Step::switch_to(Attempt attempt, Generation& candidate) {
  candidate.phase = Serving{now};
  candidate.served = true;
  state.served_release = candidate.release;
  state.served_ports.clear();
  for (const Place& place : candidate.places) {
    state.served_ports.insert(place.where.requested.port);
  }
  publish();
  state.task = Switching{std::move(attempt), candidate.id, state.plan, std::nullopt};
}

void Step::prove(Attempt attempt, Generation& candidate) {
  candidate.phase = Trial{};
  publish();
  act(Report{CandidateReady{attempt, candidate.id}});
  state.task = Proving{std::move(attempt), candidate.id, state.plan};
}

void Step::take_change(Cause cause) {
  if (auto* switching = std::get_if<Switching>(&state.task)) {
    switching->next = switching->next ? merge(*switching->next, std::move(cause)) : cause;
    return;
  }
  if (const auto older = drop_attempt()) cause = merge(older->cause, std::move(cause));
  begin(std::move(cause));
}

std::optional<Attempt> Step::drop_attempt() {
  state.backoff = Milliseconds{0};  // other code, other luck
  std::optional<Attempt> older;
  if (const auto* building = std::get_if<Building>(&state.task)) {
    older = building->attempt;
    if (Generation* unit = find(building->unit)) retire(*unit, Milliseconds{0});
  } else if (const auto* trying = std::get_if<Trying>(&state.task)) {
    older = trying->attempt;
    if (Generation* unit = find(trying->candidate)) retire(*unit, kFailedGrace);
  } else if (const auto* proving = std::get_if<Proving>(&state.task)) {
    older = proving->attempt;
    if (Generation* unit = find(proving->candidate)) drain(*unit);
  } else if (const auto* room = std::get_if<MakingRoom>(&state.task)) {
    older = room->attempt;
  }
  if (older) act(Report{AttemptSuperseded{*older}});
  state.task = Idle{};
  return older;
}

void Step::fail_attempt(Attempt attempt, UnitId unit, Failure why) {
  if (Generation* failed = find(unit)) {
    if (is<Serving>(*failed)) take_back(*failed);
    const bool was_named = carries(*failed);
    const bool lives = !failed->gone && !failed->wait_status;
    if (was_named && lives) {  // what it was given it may answer
      drain(*failed);
    } else {
      retire(*failed, kFailedGrace);
      if (was_named) publish();
    }
  }
  conclude_failure(std::move(attempt), unit, std::move(why));
}

void Step::conclude_failure(Attempt attempt, UnitId unit, Failure why) {
  const Sequel sequel = sequel_of_failure(attempt, why);
  act(Report{AttemptFailed{std::move(attempt), unit, std::move(why), sequel}});
  state.task = Idle{};
  if (const auto* again = std::get_if<TriesAgain>(&sequel)) {
    state.task = BackingOff{again->release, now + again->delay};
  } else if (std::holds_alternative<Ends>(sequel)) {
    begin_stop(1);
  } else if (std::holds_alternative<StaysDown>(sequel)) {
    state.given_up = true;
  }
}

Sequel Step::sequel_of_failure(const Attempt& attempt, const Failure& why) {
  const Generation* old = find_serving();
  // What is kept has to run, also when another one stands in for it.
  const bool stands_in = policy.runs_commits && old && !old->release.is(state.served_release);
  if (old && !stands_in) return ServesOn{old->release};
  if (policy.runs_commits) {
    if (state.served_release) {
      return TriesAgain{state.served_release, next_backoff(Milliseconds{0})};
    }
    return WaitsForCommit{};
  }
  if (std::holds_alternative<Switching>(state.task)) {  // it was fit to serve: worth another try
    state.ever_served = true;
    return TriesAgain{attempt.release, next_backoff(Milliseconds{0})};
  }
  const bool watching = policy.service.watch.enabled;
  if (!state.ever_served) {
    const bool hopeless =
        attempt.cause.kind == CauseKind::first_start &&
        (std::holds_alternative<NotStarted>(why) || std::holds_alternative<PortTaken>(why) ||
         std::holds_alternative<NeverListened>(why) ||
         (std::holds_alternative<ExitedEarly>(why) &&
          std::get<ExitedEarly>(why).wait_status.value_or(0) == 0));
    if (!hopeless && watching) return WaitsForSave{};
    if (policy.is_alone()) return Ends{};
    return StaysDown{watching};
  }
  const bool restarted = attempt.cause.kind == CauseKind::crash;
  // The build of the release that served last is still there, and runs as it ran before.
  const bool has_old_build = state.builds.contains(state.served_release.number);
  if (restarted || has_old_build || !watching) {
    return TriesAgain{has_old_build ? state.served_release : attempt.release,
                      next_backoff(Milliseconds{0})};
  }
  return WaitsForSave{};
}

void Step::restart(const Release& release, Milliseconds delay) {
  state.task = BackingOff{release, now + delay};
}

Milliseconds Step::next_backoff(Milliseconds lived) {
  if (lived >= kGoodHealth || state.backoff == Milliseconds{0}) {
    state.backoff = kBackoffMin;
  } else {
    state.backoff = std::min(state.backoff * 2, kBackoffMax);
  }
  return state.backoff;
}

// --- generations ---------------------------------------------------------------------------------

Generation& Step::add_unit(const Release& release, bool builds, std::vector<std::string> command) {
  state.last_unit = policy.numbers.after(state.last_unit);
  Generation unit;
  unit.id = state.last_unit;
  unit.release = release;
  unit.builds = builds;
  unit.started = now;
  link::StartUnit order;
  order.unit = unit.id;
  order.label = unit_label(release, builds);
  order.command = std::move(command);
  order.environment = policy.service.environment;
  const auto& build = policy.service.build;
  const bool elsewhere = builds && build && !build->directory.empty();
  order.directory = !release.directory.empty() ? release.directory
                    : elsewhere                ? build->directory
                                               : policy.service.directory;
  order.serves = !builds;
  order.terminal = policy.terminal;
  order.service_index = index();
  act(std::move(order));
  return state.units.emplace(unit.id, std::move(unit)).first->second;
}

Generation* Step::find(UnitId id) {
  const auto found = state.units.find(id);
  return found == state.units.end() ? nullptr : &found->second;
}

Generation* Step::find_serving() {
  for (auto& [id, unit] : state.units) {
    if (is<Serving>(unit)) return &unit;
  }
  return nullptr;
}

void Step::retire(Generation& unit, Milliseconds grace) {
  unit.phase = Stopping{};
  if (!unit.gone) act(link::StopUnit{unit.id, grace});
}

void Step::give_way(Generation& unit) {
  if (policy.service.traffic.slow_start > Milliseconds{0}) {
    unit.phase = Yielding{now, share_left(now, policy, now)};
  } else {
    unit.phase = Draining{now, PlanVersion{number(state.plan) + 1}};
  }
}

void Step::drain(Generation& unit) {
  unit.phase = Draining{now, PlanVersion{number(state.plan) + 1}};
  publish();
}

void Step::end_drain(Generation& unit, bool is_cut) {
  const bool lives = !unit.gone && !unit.wait_status;
  const bool makes_room = std::holds_alternative<MakingRoom>(state.task);
  const bool stays_warm =
      policy.warm > Milliseconds{0} && unit.served && lives && !makes_room && !is_stopping(state);
  if (!stays_warm || is_cut) {
    unit.phase = Stopping{};
    publish();  // a plan that does not name it any more
  }
  if (!stays_warm) return retire(unit, policy.service.timing.stop_grace);
  unit.phase = Warm{now};
  publish();
}

void Step::let_go(Generation& unit) {
  unit.phase = Stopping{};
  publish();
  retire(unit, policy.service.timing.stop_grace);
}

Generation* Step::find_revivable(const Release& release) {
  for (auto& [id, unit] : state.units) {
    const bool serves_no_more = is<Warm>(unit) || is<Draining>(unit) || is<Yielding>(unit);
    const bool lives = !unit.gone && !unit.wait_status;
    if (serves_no_more && lives && unit.release.is(release)) return &unit;
  }
  return nullptr;
}

void Step::add_place(Generation& unit, const link::Listening& where) {
  for (const Place& place : unit.places) {
    if (place.where.backend == where.backend) return;  // listen was called again
  }
  unit.places.push_back({where, false});
  if (!unit.first_listen) unit.first_listen = now;
  if (where.fixed) state.fixed_port = true;
  if (std::ranges::find(state.public_ports, where.requested) == state.public_ports.end()) {
    state.public_ports.push_back(where.requested);
    // Nobody is let in before it is known that nobody may look at what he says.
    if (policy.service.traffic.protocol == Protocol::tcp) publish();
  }
  act(Knock{unit.id, where.backend});
}

std::optional<Attempt> Step::attempt_of(UnitId unit) const {
  if (const auto* building = std::get_if<Building>(&state.task)) {
    if (building->unit == unit) return building->attempt;
  }
  if (const auto* trying = std::get_if<Trying>(&state.task)) {
    if (trying->candidate == unit) return trying->attempt;
  }
  if (const auto* proving = std::get_if<Proving>(&state.task)) {
    if (proving->candidate == unit) return proving->attempt;
  }
  return std::nullopt;
}

// The old generation may still be there, warm and with its connections: then it serves again.
void Step::take_back(Generation& failed) {
  failed.phase = Stopping{};
  Generation* newest = nullptr;
  for (auto& [id, unit] : state.units) {
    if (unit.served && (is<Draining>(unit) || is<Yielding>(unit))) newest = &unit;
  }
  if (newest) {
    newest->phase = Serving{now};
    // Of commits the kept one has to run: it stands in for that.
    if (!policy.runs_commits) state.served_release = newest->release;
    state.served_ports.clear();
    for (const Place& place : newest->places) {
      if (place.accepts) state.served_ports.insert(place.where.requested.port);
    }
  }
  publish();
}

void Step::crashed(Generation& unit) {
  const auto* was_serving = std::get_if<Serving>(&unit.phase);
  if (!was_serving) {  // it was on its way out; what it carried is lost, nothing else
    unit.phase = Stopping{};
    publish();
    return retire(unit, kFailedGrace);
  }
  if (auto* switching = std::get_if<Switching>(&state.task)) {
    const Switching failed = std::move(*switching);
    fail_attempt(failed.attempt, unit.id, ExitedEarly{unit.wait_status, true, true});
    if (is_stopping(state)) return;
    if (failed.next_order) return on(ReleaseAsked{*failed.next_order});
    if (failed.next) take_change(*failed.next);
    return;
  }
  const Milliseconds lived = since(was_serving->since);
  const bool has_rival = std::ranges::any_of(
      state.units, [](const auto& entry) { return is<Yielding>(entry.second); });
  if (has_rival) {
    take_back(unit);
    retire(unit, kFailedGrace);
    GenerationCrashed report{unit.release, unit.id, unit.wait_status, since(unit.started), {}};
    const Generation* rival = find_serving();
    const bool stands_in = policy.runs_commits && std::holds_alternative<Idle>(state.task) &&
                           !(rival && rival->release.is(state.served_release));
    if (!stands_in) {
      report.sequel = rival ? Sequel{ServesOn{rival->release}} : Sequel{StartsNewer{}};
      return act(Report{report});
    }
    const Milliseconds delay = next_backoff(lived);
    report.sequel = TriesAgain{state.served_release, delay};
    act(Report{report});
    return restart(state.served_release, delay);
  }
  unit.phase = Stopping{};
  publish();
  retire(unit, kFailedGrace);
  GenerationCrashed report{unit.release, unit.id, unit.wait_status, since(unit.started), Ends{}};
  if (const auto* stopping = std::get_if<StoppingTraffic>(&state.task)) {
    act(Report{report});
    return end_units(policy.service.timing.stop_grace, stopping->exit_status);
  }
  if (std::holds_alternative<Idle>(state.task)) {
    const Milliseconds delay = next_backoff(lived);
    const Release next = policy.runs_commits ? state.served_release : unit.release;
    report.sequel = TriesAgain{next, delay};
    act(Report{report});
    return restart(next, delay);
  }
  report.sequel = StartsNewer{};
  act(Report{report});
}

// --- the end -------------------------------------------------------------------------------------

void Step::begin_stop(std::int32_t exit_status) {
  if (exit_status == 0) act(Report{StopBegan{false}});
  bool any = false;
  for (auto& [id, unit] : state.units) {
    if (is<Starting>(unit)) retire(unit, kFailedGrace);
    any = any || carries(unit);
  }
  if (!any) return end_units(policy.service.timing.stop_grace, exit_status);
  act(link::DrainProxy{now + policy.service.timing.drain});
  state.task = StoppingTraffic{now, exit_status};
}

void Step::end_units(Milliseconds grace, std::int32_t exit_status) {
  for (auto& [id, unit] : state.units) {
    if (!is<Stopping>(unit) || grace == Milliseconds{0}) retire(unit, grace);
  }
  state.task = Ending{exit_status};
}

void Step::publish() {
  state.plan = PlanVersion{number(state.plan) + 1};
  act(link::PublishPlan{plan_of(state, policy)});
}

void Step::act(Action action) {
  actions.push_back(std::move(action));
}

Cause Step::new_cause(CauseKind kind, std::vector<std::string> paths) {
  return {kind, std::move(paths), now, ++state.last_serial};
}

}  // namespace livefix::control
