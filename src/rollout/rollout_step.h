// One step of the rollout machine: a state in change and the actions so far. Internal to
// rollout_machine.cc, rollout_step.cc, rollout_shift.cc and rollout_end.cc; it lives for one step.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rollout/rollout_event.h"
#include "rollout/rollout_rules.h"
#include "rollout/rollout_state.h"

namespace livefix::rollout {

inline constexpr Milliseconds kLookEvery{1'000};
inline constexpr Milliseconds kHealthPause{500};       // between two answers
inline constexpr Milliseconds kTakeBackAgain{15'000};  // orders are repeated

class Step {
 public:
  // `rollout_rules` must outlive this.
  Step(RolloutState initial, const Rules& rollout_rules, TimePoint time)
      : state(std::move(initial)), rules(rollout_rules), now(time) {}

  void on(const LaidOut& event);
  void on(const LayOutFailed& event);
  void on(const Built& event);
  void on(const BuildFailed& event);
  void on(const MemoryChecked& event);
  void on(const CandidateReady& event);
  void on(const CandidateFailed& event);
  void on(const CandidateCrashed& event);
  void on(const HealthAnswered& event);
  void on(const Replayed& event);
  void on(const Mirrored& event);
  void on(const ShareApplied& event);
  void on(const Measured& event);
  void on(const OldCrashed& event);
  void on(const OldRestored& event);
  void on(const Recorded& event);
  void on(const RecordFailed& event);
  void on(const PauseAsked& event);
  void on(const ResumeAsked& event);
  void on(const PromoteAsked& event);
  void on(const AbortAsked& event);
  void on(const PusherLeft& event);
  void on(const Tick&) {}

  // What follows from the state and the time, whatever the event was. Last in every step.
  void settle();

  // --- the way of a rollout ----------------------------------------------------------------------
  void start();
  void candidate_died(const std::string& service, Grounds grounds);
  void verify();
  void replay(Verifying& verifying, const ServiceRules& service);
  void mirror(Verifying& verifying, const ServiceRules& service);
  void move(std::uint32_t percent);
  void climb(std::uint32_t from);  // to the next step, or to the end of them
  void promote();

  // Refused, where nothing was started yet.
  void take_back(Verdict verdict);
  void give_back();        // the traffic, as far as there is somebody to take it
  void order_take_back();  // may be repeated

  // Where nothing is decided yet: an abort, a crash, a pause still count.
  bool is_open() const;
  const ServiceRules* find_rules(const std::string& service) const;
  std::vector<std::string> services() const;

  // Out of line: GCC 12 warns of uninitialised members of other alternatives where it inlines the
  // move of a variant.
  [[gnu::noinline]] void act(Action action);
  [[gnu::noinline]] void say(Progress progress);

  RolloutState state;
  const Rules& rules;
  const TimePoint now;
  std::vector<Action> actions;

 private:
  void settle_in(Preparing& phase);
  void settle_in(Building& phase);
  void settle_in(Starting& phase);
  void settle_in(Verifying& phase);
  void settle_in(Shifting& phase);
  void settle_in(TakingBack& phase);
  template <class Over>
  void settle_in(Over&) {}

  void settle_baking(std::uint32_t percent, Baking& baking);
  bool has_figures(const Baking& baking, TimePoint end);
  // Of a step that is over: the rollout was taken back, or looks again.
  bool turned_at_latency(std::uint32_t percent, Baking& baking);
  // The rollout was taken back, or waits for requests.
  bool turned_at_little_traffic(std::uint32_t percent, Baking& baking);

  bool has_old_to_match(const ServiceRules& service);
  bool somebody_waits() const;
  // Of candidates that nobody waits for.
  bool waits_for_look(Verifying& phase);
  bool too_late(TimePoint begin, Milliseconds limit, Stage stage, const std::string& service = {});
  bool can_hold_all() const;
  Baking bake_from_now(bool second) const;
  Milliseconds since(TimePoint then) const {
    return std::chrono::duration_cast<Milliseconds>(now - then);
  }
};

}  // namespace livefix::rollout
