// What to do about a rollout: a pure function of where it is, what happened, the rules and the
// time. The driver (control) owns the state; it writes the next state down before it carries out
// the actions, in their order.
//
// Every rollout ends. Whatever is waited for has a limit (next_deadline), but for two answers that
// the driver owes, since nothing true could be said without them:
//   Promoting   Recorded or RecordFailed: the decision is in the ledger and in Git, or it is not
//   TakingBack  ShareApplied: the proxy, or the one that is started after it, uses the weights
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "rollout/rollout_event.h"
#include "rollout/rollout_rules.h"
#include "rollout/rollout_state.h"

namespace livefix::rollout {

struct Transition {
  RolloutState state;
  std::vector<Action> actions;
};

Transition begin(const Rules& rules, TimePoint now);
Transition step(RolloutState state, const Event& event, const Rules& rules, TimePoint now);

// For a control that comes back and finds `state` written down. What is not decided is taken back;
// what was Promoting asks for its outcome once more; a TakingBack is ordered once more.
Transition recover(RolloutState state, const Rules& rules, TimePoint now);

// When to send a Tick at the latest; nullopt: it is over, or only answers count.
std::optional<TimePoint> next_deadline(const RolloutState& state, const Rules& rules);

}  // namespace livefix::rollout
