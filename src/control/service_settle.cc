// What follows from the state and the time, whatever the event was.
#include <algorithm>

#include "control/service_step.h"

namespace livefix::control {

void Step::settle() {
  settle_deadlines();
  settle_warm();
  switch_when_ready();
  settle_room();
  settle_ports();
  settle_builds();
  settle_end();
}

void Step::settle_deadlines() {
  const Timing& timing = policy.service.timing;
  for (auto& [id, unit] : state.units) {
    auto* yielding = std::get_if<Yielding>(&unit.phase);
    if (!yielding) continue;
    const std::uint32_t share = share_left(yielding->since, policy, now);
    if (share == 0) {
      drain(unit);
    } else if (std::exchange(yielding->share, share) != share) {
      publish();
    }
  }
  for (auto& [id, unit] : state.units) {
    const auto* draining = std::get_if<Draining>(&unit.phase);
    if (!draining || now < draining->since + timing.drain) continue;
    act(Report{DrainCut{unit.release, id, since(draining->since)}});
    end_drain(unit, true);
  }
  if (const auto* trying = std::get_if<Trying>(&state.task)) {
    const Generation* candidate = find(trying->candidate);
    if (candidate && now >= candidate->started + timing.ready) {
      std::optional<TimePoint> later;
      // Ready, or ready in a moment: it is not late, livefix is.
      if (!is_ready(state, *candidate, now, &later) && !later) {
        const auto silent = std::ranges::find(candidate->places, false, &Place::accepts);
        const Milliseconds waited = since(candidate->started);
        const bool listens = silent != candidate->places.end();
        fail_attempt(Attempt(trying->attempt), candidate->id,
                     listens ? Failure{NeverAccepted{waited, silent->where.requested}}
                             : Failure{NeverListened{waited}});
      }
    }
  }
  if (const auto* backing_off = std::get_if<BackingOff>(&state.task)) {
    if (now >= backing_off->until) {
      Attempt attempt{new_cause(CauseKind::crash), backing_off->release};
      act(Report{AttemptBegan{attempt}});
      start_candidate(std::move(attempt));
    }
  }
  if (const auto* stopping = std::get_if<StoppingTraffic>(&state.task)) {
    if (now >= stopping->since + timing.drain) end_units(timing.stop_grace, stopping->exit_status);
  }
}

// One is kept, the newest, and only for a time.
void Step::settle_warm() {
  const Generation* newest = nullptr;
  for (const auto& [id, unit] : state.units) {
    if (is<Warm>(unit)) newest = &unit;
  }
  for (auto& [id, unit] : state.units) {
    const auto* warm = std::get_if<Warm>(&unit.phase);
    if (!warm || (&unit == newest && now < warm->since + policy.warm)) continue;
    let_go(unit);
  }
}

void Step::settle_room() {
  auto* room = std::get_if<MakingRoom>(&state.task);
  if (!room) return;
  const bool free =
      std::ranges::all_of(state.units, [](const auto& entry) { return entry.second.builds; });
  if (free) start_candidate(std::move(room->attempt));
}

// A port that no generation asks for any more is closed, but only while one serves: with none,
// clients wait at the port for the next one.
void Step::settle_ports() {
  if (!find_serving() || std::holds_alternative<Switching>(state.task) || is_stopping(state)) {
    return;
  }
  std::erase_if(state.public_ports, [&](const Address& address) {
    const bool wanted = std::ranges::any_of(state.units, [&](const auto& entry) {
      const Generation& unit = entry.second;
      return !is<Stopping>(unit) && std::ranges::any_of(unit.places, [&](const Place& place) {
        return place.where.requested.port == address.port;
      });
    });
    if (!wanted) act(link::ClosePort{address, index()});
    return !wanted;
  });
}

void Step::settle_builds() {
  std::set<std::uint32_t> needed{state.served_release.number};
  for (const auto& [id, unit] : state.units) needed.insert(unit.release.number);
  if (const auto* room = std::get_if<MakingRoom>(&state.task)) {
    needed.insert(room->attempt.release.number);
  }
  if (const auto* wait = std::get_if<BackingOff>(&state.task)) needed.insert(wait->release.number);
  std::erase_if(state.builds, [&](std::uint32_t release) {
    if (needed.contains(release)) return false;
    act(ForgetBuild{saved_release(release)});
    return true;
  });
}

void Step::settle_end() {
  const auto* ending = std::get_if<Ending>(&state.task);
  if (!ending || !state.units.empty()) return;
  act(Report{Stopped{ending->exit_status}});
  act(link::Finish{ending->exit_status});
  state.task = Finished{};
}

}  // namespace livefix::control
