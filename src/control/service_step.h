// One step of the service machine: a state in change and the actions so far. Internal to
// service_machine.cc and service_restore.cc; it lives for one step.
#pragma once

#include <optional>
#include <vector>

#include "control/service_machine.h"

namespace livefix::control {

class Step {
 public:
  // `rules` must outlive this.
  Step(ServiceState initial, const Policy& rules, TimePoint time)
      : state(std::move(initial)), policy(rules), now(time) {}

  void on(const FirstStart& event);
  void on(const link::UnitStarted& event);
  void on(const link::UnitNotStarted& event);
  void on(const link::UnitListening& event);
  void on(const link::PortRefused& event);
  void on(const link::PortNotRedirectable& event);
  void on(const link::LeaderExited& event);
  void on(const link::UnitGone& event);
  void on(const link::PlanApplied& event);
  void on(const link::GenerationDrained& event);
  void on(const link::ProxyDrained& event);
  void on(const link::ProxyRestarted& event);
  void on(const link::StopRequested& event);
  void on(const KnockAccepted& event);
  void on(const ChangeSeen& event);
  void on(const ReloadAsked& event);
  void on(const BuildAsked& event);
  void on(const BuildCancelled& event);
  void on(const ReleaseAsked& event);
  void on(const ShareAsked& event);
  void on(const KeepAsked& event);
  void on(const TakeBackAsked& event);
  void on(const StopAsked& event);
  void on(const NothingLeft& event);
  void on(const Tick&) {}

  // What follows from the state and the time, whatever the event was. Last in every step.
  void settle();

  // --- the way of a change -----------------------------------------------------------------------
  void begin(Cause cause);      // of the tree as it is, or of the commit that serves
  void begin(Attempt attempt);  // build it, or start it
  void start_candidate(Attempt attempt);
  void switch_when_ready();
  void go_live(Attempt attempt, Generation& candidate);
  void switch_to(Attempt attempt, Generation& candidate);
  void prove(Attempt attempt, Generation& candidate);
  void fail_attempt(Attempt attempt, UnitId unit, Failure why);
  void conclude_failure(Attempt attempt, UnitId unit, Failure why);  // what is told, what is next
  void take_change(Cause cause);  // a save or a reload, whatever is under way
  // Ends the attempt that is under way, if there is one.
  std::optional<Attempt> drop_attempt();
  void restart(const Release& release, Milliseconds delay);

  // --- generations -------------------------------------------------------------------------------
  Generation& add_unit(const Release& release, bool builds, std::vector<std::string> command);
  Generation* find(UnitId id);
  Generation* find_serving();
  void retire(Generation& unit, Milliseconds grace);
  void crashed(Generation& unit);  // serving or draining, and its leader failed or all is gone
  // The next one takes what it has: at once, or step by step where the user wants a slow start.
  void give_way(Generation& unit);
  void drain(Generation& unit);
  // It has answered everything, or its time is over and what it has is cut.
  void end_drain(Generation& unit, bool is_cut);
  // One that is warm is not needed any more.
  void let_go(Generation& unit);
  // One that ran the release and still can; nullptr: none.
  Generation* find_revivable(const Release& release);
  void add_place(Generation& unit, const link::Listening& where);

  // --- the end -----------------------------------------------------------------------------------
  void begin_stop(std::int32_t exit_status);
  void end_units(Milliseconds grace, std::int32_t exit_status);

  void publish();
  // Out of line: GCC 12 warns of uninitialised members of other alternatives where it inlines the
  // move of a variant.
  [[gnu::noinline]] void act(Action action);
  Cause new_cause(CauseKind kind, std::vector<std::string> paths = {});
  std::uint16_t index() const { return static_cast<std::uint16_t>(policy.numbers.service_index); }
  Milliseconds since(TimePoint then) const {
    return std::chrono::duration_cast<Milliseconds>(now - then);
  }

  ServiceState state;
  const Policy& policy;
  const TimePoint now;
  std::vector<Action> actions;

 private:
  void settle_deadlines();
  void settle_ports();
  void settle_builds();
  void settle_room();
  void settle_end();
  void settle_warm();
  Generation& add_build(const Release& release);
  void keep(const Release& release);
  // True when that was what ended.
  bool end_advance_build(UnitId unit, std::optional<Failure> failure);
  // The candidate or build that is under way, if this is it.
  std::optional<Attempt> attempt_of(UnitId unit) const;
  // What has become of it, as a candidate.
  ExitedEarly exited(const Generation& unit) const;
  Sequel sequel_of_failure(const Attempt& attempt, const Failure& why);
  void take_back(Generation& failed);
  Milliseconds next_backoff(Milliseconds lived);
};

// Whether a candidate could take the traffic now; when it lacks only ports that the old one
// served, `later` says when that does not matter any more.
bool is_ready(const ServiceState& state, const Generation& candidate, TimePoint now,
              std::optional<TimePoint>* later);

// What a generation that yields has left after so long.
std::uint32_t share_left(TimePoint since, const Policy& policy, TimePoint now);
// When it began to, if that is left.
TimePoint yields_since(std::uint32_t share, const Policy& policy, TimePoint now);
// When it has less.
TimePoint next_yield(const Yielding& yielding, const Policy& policy);

inline constexpr std::int64_t kYieldSteps = 20;
inline constexpr Milliseconds kFailedGrace{1'000};  // for what never served
inline constexpr Milliseconds kPortsWait{2'000};    // for ports that the old generation served
inline constexpr Milliseconds kBackoffMin{100};
inline constexpr Milliseconds kBackoffMax{10'000};
inline constexpr Milliseconds kGoodHealth{10'000};

}  // namespace livefix::control
