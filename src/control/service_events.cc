// What each event means for the state it meets.
#include <algorithm>

#include "control/routing.h"
#include "control/service_step.h"

namespace livefix::control {
namespace {

bool ended_well(std::int32_t wait_status) {
  return wait_status == 0;
}

}  // namespace

void Step::on(const FirstStart& event) {
  state.served_release = event.release;
  if (!policy.runs_commits || event.release) begin(new_cause(CauseKind::first_start));
}

void Step::on(const link::UnitStarted& event) {
  if (Generation* unit = find(event.unit)) unit->pid = event.pid;
}

void Step::on(const link::UnitNotStarted& event) {
  if (end_advance_build(event.unit, NotStarted{event.reason})) {
    state.units.erase(event.unit);
    return;
  }
  const auto attempt = attempt_of(event.unit);
  state.units.erase(event.unit);
  if (attempt) fail_attempt(*attempt, event.unit, NotStarted{event.reason});
}

void Step::on(const link::UnitListening& event) {
  Generation* unit = find(event.unit);
  if (!unit || unit->builds || is<Stopping>(*unit)) return;
  add_place(*unit, event.where);
}

void Step::on(const KnockAccepted& event) {
  Generation* unit = find(event.unit);
  if (!unit) return;
  for (Place& place : unit->places) {
    if (place.where.backend != event.backend || place.accepts) continue;
    place.accepts = true;
    if (!carries(*unit) && !is<Warm>(*unit)) continue;
    // A port that was opened late: it joins the traffic at once.
    publish();
    if (is<Draining>(*unit) || is<Warm>(*unit)) continue;
    state.served_ports.insert(place.where.requested.port);
    act(Report{PortAdded{unit->release, place.where.requested}});
  }
}

void Step::on(const link::PortRefused& event) {
  Generation* unit = find(event.unit);
  if (!unit) return;
  if (const auto attempt = attempt_of(event.unit)) {
    fail_attempt(*attempt, event.unit, PortTaken{event.address, event.os_error, event.holder});
  } else if (is<Serving>(*unit)) {
    act(Report{PortMissing{unit->release, event.address, event.os_error, event.holder}});
  }
}

void Step::on(const link::PortNotRedirectable& event) {
  if (const Generation* unit = find(event.unit)) {
    act(Report{NotRedirectable{unit->release, event.reason}});
  }
}

void Step::on(const link::LeaderExited& event) {
  Generation* unit = find(event.unit);
  if (!unit) return;
  unit->wait_status = event.wait_status;
  if (end_advance_build(event.unit, ended_well(event.wait_status)
                                        ? std::optional<Failure>()
                                        : BuildFailed{event.wait_status})) {
    return;
  }
  const auto attempt = attempt_of(event.unit);
  if (unit->builds && attempt) {
    if (!ended_well(event.wait_status)) {
      fail_attempt(*attempt, event.unit, BuildFailed{event.wait_status});
      return;
    }
    retire(*unit, Milliseconds{0});  // whatever it left running
    start_candidate(*attempt);
    return;
  }
  // A leader that ends well may have left a daemon behind; UnitGone will tell.
  if (ended_well(event.wait_status)) return;
  if (attempt) {
    fail_attempt(*attempt, event.unit, exited(*unit));
  } else if (carries(*unit) || is<Warm>(*unit)) {
    crashed(*unit);
  }
}

ExitedEarly Step::exited(const Generation& unit) const {
  return {unit.wait_status, unit.first_listen.has_value(),
          std::holds_alternative<Proving>(state.task)};
}

void Step::on(const link::UnitGone& event) {
  Generation* unit = find(event.unit);
  if (!unit) return;
  unit->gone = true;
  if (end_advance_build(event.unit, ExitedEarly{unit->wait_status, false})) {
    state.units.erase(event.unit);
    return;
  }
  if (const auto attempt = attempt_of(event.unit)) {
    fail_attempt(*attempt, event.unit, exited(*unit));
  } else if (carries(*unit) || is<Warm>(*unit)) {
    crashed(*unit);
  }
  state.units.erase(event.unit);
}

void Step::on(const link::PlanApplied& event) {
  if (auto* proving = std::get_if<Proving>(&state.task)) {
    if (event.version < proving->version) return;
    const Generation& candidate = state.units.at(proving->candidate);
    return act(Report{ShareApplied{std::get<Trial>(candidate.phase).share}});
  }
  auto* switching = std::get_if<Switching>(&state.task);
  // One that was taken back has nothing any more, and whoever asked for that waits to hear so.
  const bool gave_all_back = std::ranges::any_of(state.units, [&](const auto& entry) {
    const auto* draining = std::get_if<Draining>(&entry.second.phase);
    return draining && !entry.second.served && event.version >= draining->version;
  });
  if (!switching && gave_all_back) act(Report{ShareApplied{0}});
  if (!switching || event.version < switching->version) return;
  const Switching done = std::move(*switching);
  state.task = Idle{};
  const Generation& unit = state.units.at(done.candidate);
  AttemptServes report{
      done.attempt, unit.id, !state.ever_served, since(done.attempt.cause.since), {}};
  for (const Place& place : unit.places) {
    if (place.accepts) report.ports.push_back(place.where.requested);
  }
  state.ever_served = true;
  act(Report{std::move(report)});
  if (done.next_order) return on(ReleaseAsked{*done.next_order});
  if (done.next) begin(*done.next);
}

void Step::on(const link::GenerationDrained& event) {
  Generation* unit = find(event.generation);
  const auto* draining = unit ? std::get_if<Draining>(&unit->phase) : nullptr;
  if (!draining || event.version < draining->version) return;
  end_drain(*unit, false);
  act(Report{Drained{unit->release, is<Warm>(*unit)}});
}

void Step::on(const link::ProxyDrained&) {
  if (const auto* stopping = std::get_if<StoppingTraffic>(&state.task)) {
    end_units(policy.service.timing.stop_grace, stopping->exit_status);
  }
}

void Step::on(const link::ProxyRestarted& event) {
  act(Report{ProxyCameBack{event.wait_status}});
  // The new one got the plan from the keeper, but what it was asked to do died with the old one.
  if (const auto* stopping = std::get_if<StoppingTraffic>(&state.task)) {
    act(link::DrainProxy{stopping->since + policy.service.timing.drain});
  }
}

void Step::on(const link::StopRequested&) {
  if (!is_stopping(state)) return begin_stop(0);
  act(Report{StopBegan{true}});
  const auto* stopping = std::get_if<StoppingTraffic>(&state.task);
  const auto* ending = std::get_if<Ending>(&state.task);
  end_units(Milliseconds{0}, stopping ? stopping->exit_status : ending->exit_status);
}

void Step::on(const StopAsked&) {
  if (!is_stopping(state)) begin_stop(0);
}

void Step::on(const NothingLeft&) {
  if (!is_stopping(state)) begin_stop(1);
}

void Step::on(const ChangeSeen& event) {
  if (!is_stopping(state)) take_change(new_cause(CauseKind::save, event.paths));
}

void Step::on(const ReleaseAsked& event) {
  if (is_stopping(state)) return;
  if (auto* switching = std::get_if<Switching>(&state.task)) {
    switching->next_order = event.order;
    return;
  }
  const ReleaseOrder& order = event.order;
  state.last_release = std::max(state.last_release, order.release.number);
  drop_attempt();
  begin(Attempt{new_cause(CauseKind::rollout), order.release, order.gradual, order.alone});
}

void Step::on(const BuildAsked& event) {
  if (is_stopping(state)) return;
  on(BuildCancelled{});
  if (!policy.service.build) return act(Report{ReleaseBuilt{event.release, UnitId{}, {}}});
  state.advance_build = AdvanceBuild{event.release, add_build(event.release).id};
}

void Step::on(const BuildCancelled&) {
  const auto build = std::exchange(state.advance_build, {});
  if (Generation* unit = build ? find(build->unit) : nullptr) retire(*unit, kFailedGrace);
}

void Step::on(const ShareAsked& event) {
  auto* proving = std::get_if<Proving>(&state.task);
  Generation* candidate = proving ? find(proving->candidate) : nullptr;
  if (!candidate) return;
  candidate->phase = Trial{std::min(event.percent, kFullWeight)};
  publish();
  proving->version = state.plan;
}

void Step::on(const KeepAsked& event) {
  auto* proving = std::get_if<Proving>(&state.task);
  Generation* candidate = proving ? find(proving->candidate) : nullptr;
  if (!candidate) return keep(event.release);
  if (Generation* old = find_serving()) {
    old->phase = Draining{now, PlanVersion{number(state.plan) + 1}};
  }
  switch_to(std::move(proving->attempt), *candidate);
}

// Without a candidate: it crashed while its promotion was written down, or it is the one before a
// rollback that failed. What serves stands in for it until it runs.
void Step::keep(const Release& release) {
  if (is_stopping(state) || !release) return;
  state.served_release = release;
  state.last_release = std::max(state.last_release, release.number);
  const Generation* current = find_serving();
  if (current && current->release.is(release)) {
    if (!std::holds_alternative<Switching>(state.task)) drop_attempt();
    return;
  }
  take_change(new_cause(CauseKind::crash));
}

void Step::on(const TakeBackAsked& event) {
  const Failure why = TakenBack{event.reason};
  if (const auto* proving = std::get_if<Proving>(&state.task)) {
    const Proving failed = *proving;
    // What it was given it may answer.
    if (Generation* candidate = find(failed.candidate)) drain(*candidate);
    conclude_failure(failed.attempt, failed.candidate, why);
  } else if (const auto* building = std::get_if<Building>(&state.task)) {
    fail_attempt(Attempt(building->attempt), building->unit, why);
  } else if (const auto* trying = std::get_if<Trying>(&state.task)) {
    fail_attempt(Attempt(trying->attempt), trying->candidate, why);
  } else if (const auto* room = std::get_if<MakingRoom>(&state.task)) {
    fail_attempt(Attempt(room->attempt), UnitId{}, why);
  } else if (auto* switching = std::get_if<Switching>(&state.task)) {
    const auto& next = switching->next_order;
    if (next && next->gradual) switching->next_order.reset();  // it waits for its turn
  }
}

void Step::on(const ReloadAsked&) {
  if (!is_stopping(state)) take_change(new_cause(CauseKind::reload));
}

}  // namespace livefix::control
