// How control takes up where another one was killed. Every message of control is an order that
// the keeper carries out whole, so the keeper's snapshot is always the result of a prefix of the
// actions of some step. For each such prefix the rules below lead on:
//
//  - A generation with weight in the plan serves, one without weight drains. The plan is
//    published once more, because its acknowledgement may have been read by the one that died.
//  - A unit that is not in the plan and not told to stop is the candidate, when it is newer than
//    the one that serves; it is taken over as it is. Otherwise it had drained, and is stopped.
//  - A build's result may have been missed: it is stopped and the tree is built again.
//  - A crash that was not acted upon is in the snapshot (wait_status, phase gone).
//  - A save that was seen and not acted upon: the tree is newer than the newest generation.
//  - Where releases are commits, the one that was kept last serves, whatever share it had, and
//    every other one drains or is stopped: a rollout that was on its way is taken back. Where no
//    unit of it is there, because a rollback was on its way, the one before serves until it is.
#include <algorithm>

#include "control/service_step.h"

namespace livefix::control {
namespace {

const GenerationRoute* route_of(const RoutingPlan& plan, UnitId unit) {
  const auto found = std::ranges::find(plan.generations, unit, &GenerationRoute::generation);
  return found == plan.generations.end() ? nullptr : &*found;
}

Generation from_snapshot(const link::UnitSnapshot& snapshot, const RoutingPlan& plan,
                         const Remembered& remembered, TimePoint now) {
  Generation unit;
  const auto label = parse_label(snapshot.label, remembered.commits).value_or(ParsedLabel{});
  unit.id = snapshot.unit;
  unit.release = label.release;
  unit.builds = label.builds;
  unit.pid = snapshot.pid;
  unit.started = now - snapshot.age;
  unit.gone = snapshot.phase == link::UnitPhase::gone;
  if (snapshot.pid == 0) unit.wait_status = snapshot.wait_status;
  const GenerationRoute* route = route_of(plan, snapshot.unit);
  for (const link::Listening& where : snapshot.listening) {
    const bool known = route && std::ranges::any_of(route->backends, [&](const Backend& backend) {
                         return backend.address == where.backend;
                       });
    unit.places.push_back({where, known});
  }
  if (!unit.places.empty()) unit.first_listen = now;
  unit.served = route && (!remembered.kept || unit.release.is(remembered.kept) ||
                          unit.release.is(remembered.before));
  const bool stopping = snapshot.phase == link::UnitPhase::stopping;
  if (stopping && (!route || remembered.stop_requested)) {  // at the end the plan stays as it is
    unit.phase = Stopping{};
  } else if (route && route->weight > 0) {
    unit.phase = Serving{unit.started};
  } else if (route) {
    unit.phase = Draining{now, PlanVersion{number(plan.version) + 1}};
  }
  return unit;
}

bool has_ended(const Generation& unit, link::UnitPhase phase) {
  return phase != link::UnitPhase::running || unit.wait_status.value_or(0) != 0;
}

bool lives(const Generation& unit) {
  return !unit.gone && !unit.wait_status;
}

void serve_only(ServiceState& state, const Remembered& remembered, TimePoint now) {
  Generation* newest = nullptr;
  const auto drain = [&](Generation& unit) {
    unit.phase = Draining{now, PlanVersion{number(state.plan) + 1}};
  };
  for (auto& [id, unit] : state.units) {
    if (!carries(unit)) continue;
    if (!unit.release.is(remembered.kept)) {
      drain(unit);
    } else if (lives(unit)) {
      if (newest) drain(*newest);
      unit.phase = Serving{unit.started};
      newest = &unit;
    }
  }
  if (newest || !remembered.before) return;
  // A rollback that was written down and not begun.
  for (auto& [id, unit] : state.units) {
    if (!carries(unit) || !unit.release.is(remembered.before) || !lives(unit)) continue;
    if (newest) drain(*newest);
    unit.phase = Serving{unit.started};
    newest = &unit;
  }
}

bool serves_kept(const Step& step, const Generation* serving_one) {
  return serving_one &&
         (!step.policy.runs_commits || serving_one->release.is(step.state.served_release));
}

void take_in(Step& step, const link::ServiceSnapshot& service, const Remembered& remembered) {
  ServiceState& state = step.state;
  state.last_unit = service.last_unit;
  state.plan = service.plan.version;
  state.ever_served = number(service.plan.version) > 0;
  for (const link::PublicPort& port : service.ports) state.public_ports.push_back(port.address);
  for (const link::UnitSnapshot& snapshot : service.units) {
    Generation unit = from_snapshot(snapshot, service.plan, remembered, step.now);
    state.last_release = std::max(state.last_release, unit.release.number);
    if (step.policy.service.build && !step.policy.runs_commits) {
      state.builds.insert(unit.release.number);
    }
    for (const Place& place : unit.places) {
      state.fixed_port = state.fixed_port || place.where.fixed;
      if (is<Serving>(unit)) state.served_ports.insert(place.where.requested.port);
    }
    if (is<Serving>(unit)) state.served_release = unit.release;
    // Of two with weight the older one was giving way.
    for (auto& [id, older] : state.units) {
      if (!is<Serving>(unit) || !is<Serving>(older) || step.policy.runs_commits) continue;
      const std::uint32_t share = route_of(service.plan, id)->weight;
      older.phase = Yielding{yields_since(share, step.policy, step.now), share};
    }
    state.units.emplace(unit.id, std::move(unit));
  }
  if (step.policy.runs_commits) {
    state.served_release = remembered.kept;
    serve_only(state, remembered, step.now);
    return;
  }
  // No unit tells its name: there were never fewer units than releases, so this one is new.
  if (service.units.empty()) state.last_release = step.policy.numbers.count(service.last_unit);
}

// What was under way when the other control died. Returns whether the tree must be built again.
bool take_over_loose_units(Step& step, CauseKind kind) {
  bool interrupted = false;
  const Generation* serving_one = step.find_serving();
  const bool has_kept = serves_kept(step, serving_one);
  Generation* candidate = nullptr;
  for (auto& [id, unit] : step.state.units) {
    if (!is<Starting>(unit)) continue;
    const bool newer = !serving_one || unit.release.number > serving_one->release.number;
    const bool wanted =
        step.policy.runs_commits ? !has_kept && unit.release.is(step.state.served_release) : newer;
    if (wanted && unit.builds && !unit.gone) interrupted = !step.policy.runs_commits;
    if (wanted && !unit.builds) candidate = &unit;
  }
  for (auto& [id, unit] : step.state.units) {
    if (is<Starting>(unit) && &unit != candidate) {
      step.retire(unit, step.policy.service.timing.stop_grace);
    }
  }
  if (!candidate) return interrupted;
  step.state.task = Trying{{step.new_cause(kind), candidate->release}, candidate->id};
  return interrupted;
}

}  // namespace

Transition restore(const link::ServiceSnapshot& service, const Remembered& remembered,
                   const Policy& policy, TimePoint now) {
  Step step({}, policy, now);
  take_in(step, service, remembered);
  ServiceState& state = step.state;
  const CauseKind kind = state.ever_served ? CauseKind::recovery : CauseKind::first_start;

  for (auto& [id, unit] : state.units) {
    for (const Place& place : unit.places) {
      if (!place.accepts && !unit.gone && !is<Stopping>(unit)) {
        step.act(Knock{id, place.where.backend});
      }
    }
  }
  Generation* fallen = nullptr;
  for (const link::UnitSnapshot& snapshot : service.units) {
    Generation& unit = state.units.at(snapshot.unit);
    if (!has_ended(unit, snapshot.phase)) continue;
    if (is<Draining>(unit) || is<Yielding>(unit)) step.retire(unit, kFailedGrace);
    if (is<Serving>(unit)) fallen = &unit;
  }
  if (fallen) {
    step.crashed(*fallen);
  } else if (state.ever_served) {
    step.publish();
  }
  const bool interrupted = take_over_loose_units(step, kind);
  const auto* trying = std::get_if<Trying>(&state.task);
  if (trying && has_ended(state.units.at(trying->candidate), link::UnitPhase::running)) {
    step.on(link::LeaderExited{trying->candidate, *state.units.at(trying->candidate).wait_status});
  }
  for (const link::UnitSnapshot& snapshot : service.units) {
    if (snapshot.phase == link::UnitPhase::gone) step.on(link::UnitGone{snapshot.unit});
  }

  const bool has_code = !policy.runs_commits || state.served_release;
  if (remembered.stop_requested) {
    if (!is_stopping(state)) step.begin_stop(0);
  } else if (interrupted || remembered.tree_is_newer) {
    if (!is_stopping(state)) step.take_change(step.new_cause(kind));
  } else if (std::holds_alternative<Idle>(state.task) && has_code &&
             !serves_kept(step, step.find_serving())) {
    step.begin(step.new_cause(kind));
  }
  step.settle();
  return {std::move(step.state), std::move(step.actions)};
}

}  // namespace livefix::control
