#include "rollout/rollout_machine.h"

#include <algorithm>

#include "rollout/rollout_step.h"

namespace livefix::rollout {
namespace {

Transition result_of(Step&& step) {
  return {std::move(step.state), std::move(step.actions)};
}

struct Deadline {
  const Rules& rules;
  bool is_paused = false;

  std::optional<TimePoint> operator()(const Preparing& phase) const {
    return phase.since + rules.limits.lay_out;
  }
  std::optional<TimePoint> operator()(const Building& phase) const {
    return phase.built ? *phase.built + rules.limits.memory : phase.since + rules.limits.build;
  }
  std::optional<TimePoint> operator()(const Starting& phase) const {
    return phase.since + rules.limits.start;
  }
  std::optional<TimePoint> operator()(const Verifying& phase) const {
    std::optional<TimePoint> next;
    for (const ServiceRules& service : rules.services) {
      const auto wait = phase.unhealthy.find(service.name);
      if (wait == phase.unhealthy.end()) continue;
      TimePoint due = phase.since + service.policy.health->timeout;
      if (wait->second.again) due = std::min(due, *wait->second.again);
      next = next ? std::min(*next, due) : due;
    }
    for (const ServiceRules& service : rules.services) {
      const auto began = phase.replaying.find(service.name);
      if (began == phase.replaying.end()) continue;
      const TimePoint due = began->second + service.replay->time + rules.limits.replay;
      next = next ? std::min(*next, due) : due;
    }
    for (const ServiceRules& service : rules.services) {
      const auto began = phase.mirroring.find(service.name);
      if (began == phase.mirroring.end()) continue;
      const TimePoint due = began->second + service.mirror->time + rules.limits.replay;
      next = next ? std::min(*next, due) : due;
    }
    if (phase.shown_until && !is_paused) {
      next = next ? std::min(*next, *phase.shown_until) : *phase.shown_until;
    }
    return next;
  }
  // Whatever else is due while it bakes is found out with the next look.
  std::optional<TimePoint> operator()(const Shifting& phase) const {
    const auto* moving = std::get_if<Moving>(&phase.stage);
    return moving ? moving->since + rules.limits.share : std::get<Baking>(phase.stage).next_look;
  }
  std::optional<TimePoint> operator()(const TakingBack& phase) const {
    if (phase.restoring.empty()) return phase.again;
    return std::min(phase.again, phase.since + rules.limits.restore);
  }
  template <class Other>
  std::optional<TimePoint> operator()(const Other&) const {
    return std::nullopt;
  }
};

}  // namespace

Transition begin(const Rules& rules, TimePoint now) {
  RolloutState state{Preparing{now}};
  for (const ServiceRules& service : rules.services) state.parts[service.name] = {};
  Step first(std::move(state), rules, now);
  first.act(LayOut{});
  first.say(LayOutBegan{});
  return result_of(std::move(first));
}

Transition step(RolloutState state, const Event& event, const Rules& rules, TimePoint now) {
  Step step(std::move(state), rules, now);
  std::visit([&step](const auto& what) { step.on(what); }, event);
  step.settle();
  return result_of(std::move(step));
}

Transition recover(RolloutState state, const Rules& rules, TimePoint now) {
  Step step(std::move(state), rules, now);
  if (auto* back = std::get_if<TakingBack>(&step.state.phase)) {
    back->since = now;
    step.order_take_back();
  } else if (is<Promoting>(step.state)) {
    step.act(Promote{step.services()});
  } else if (step.is_open()) {
    step.take_back({"", Interrupted{}});
  }
  return result_of(std::move(step));
}

std::optional<TimePoint> next_deadline(const RolloutState& state, const Rules& rules) {
  const std::optional<TimePoint> due =
      std::visit(Deadline{rules, state.paused.has_value()}, state.phase);
  if (!state.paused) return due;
  const TimePoint forgotten = *state.paused + rules.limits.pause;
  return due ? std::min(*due, forgotten) : forgotten;
}

}  // namespace livefix::rollout
