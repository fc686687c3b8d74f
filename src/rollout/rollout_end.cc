// How a rollout ends: kept, taken back, or refused.
#include "rollout/rollout_step.h"

namespace livefix::rollout {

void Step::promote() {
  state.paused.reset();
  state.phase = Promoting{now};
  act(Promote{services()});
}

void Step::on(const Recorded&) {
  if (!is<Promoting>(state)) return;
  RetireOld retired;
  for (const ServiceRules& service : rules.services) {
    const bool is_there = service.has_old && !state.parts[service.name].held;
    if (is_there) retired.services.push_back({service.name, service.policy.warm});
  }
  state.phase = Promoted{};
  if (!retired.services.empty()) act(std::move(retired));
  say(EndedPromoted{services()});
}

void Step::on(const RecordFailed& event) {
  if (is<Promoting>(state)) take_back({"", NotRecorded{event.reason}});
}

void Step::take_back(Verdict verdict) {
  state.paused.reset();
  if (!state.begun) {
    act(Discard{});
    say(EndedRefused{verdict});
    state.phase = Refused{std::move(verdict)};
    return;
  }
  const bool carried = is<Shifting>(state) || is<Promoting>(state);
  TakingBack back{std::move(verdict), now};
  for (const auto& [service, part] : state.parts) {
    if (!part.old_down) continue;
    back.restoring.insert(service);
    // Better served by a bad one than by none. One that is held is in the old one's way.
    if (carried && !part.held && !part.died) back.covering.insert(service);
  }
  say(TakeBackBegan{back.verdict});
  state.phase = std::move(back);
  give_back();
}

void Step::give_back() {
  auto& back = std::get<TakingBack>(state.phase);
  state.last_order = next(state.last_order);
  back.order = state.last_order;
  back.applied = false;
  order_take_back();
}

void Step::order_take_back() {
  auto& back = std::get<TakingBack>(state.phase);
  ApplyShare shares{back.order, 0, {}};
  for (const std::string& service : services()) {
    shares.shares.push_back({service, back.covering.contains(service) ? 100U : 0U});
  }
  act(std::move(shares));
  act(TakeBack{services(), {back.restoring.begin(), back.restoring.end()}});
  back.again = now + kTakeBackAgain;
}

void Step::settle_in(TakingBack& phase) {
  if (!phase.restoring.empty() && now >= phase.since + rules.limits.restore) {
    phase.missing.insert(phase.missing.end(), phase.restoring.begin(), phase.restoring.end());
    phase.restoring.clear();
    const bool covered = !phase.covering.empty();
    phase.covering.clear();
    if (covered) give_back();
  }
  if (phase.applied && phase.restoring.empty()) {
    std::vector<std::string> first;
    for (const ServiceRules& service : rules.services) {
      if (!service.has_old) first.push_back(service.name);
    }
    say(EndedTakenBack{phase.verdict, phase.missing, std::move(first)});
    TakenBack over{phase.verdict, phase.missing};
    state.phase = std::move(over);
  } else if (now >= phase.again) {
    order_take_back();
  }
}

}  // namespace livefix::rollout
