// The candidates get their shares, and are watched.
#include <algorithm>

#include "rollout/rollout_step.h"
#include "rollout/route_latency.h"
#include "rollout/share_ladder.h"

namespace livefix::rollout {

void Step::move(std::uint32_t percent) {
  state.last_order = next(state.last_order);
  act(ApplyShare{state.last_order, percent, shares_at(percent, state, rules)});
  state.phase = Shifting{percent, Moving{now, state.last_order}};
}

void Step::climb(std::uint32_t from) {
  if (from >= 100) return promote();
  move(state.hurried ? 100 : step_above(from, state, rules));
}

Baking Step::bake_from_now(bool second) const {
  Baking baking{now, now + std::min(kLookEvery, bake_of(rules)), {}};
  baking.second = second;
  return baking;
}

void Step::on(const ShareApplied& event) {
  if (auto* back = std::get_if<TakingBack>(&state.phase)) {
    if (event.order == back->order) back->applied = true;
    return;
  }
  auto* shifting = std::get_if<Shifting>(&state.phase);
  const auto* moving = shifting ? std::get_if<Moving>(&shifting->stage) : nullptr;
  if (!moving || event.order != moving->order) return;
  shifting->stage = bake_from_now(false);
  say(ShareTaken{shifting->percent, shares_at(shifting->percent, state, rules)});
}

// The candidate has to carry what the old one did, and is watched doing it.
void Step::on(const OldCrashed& event) {
  const ServiceRules* service = find_rules(event.service);
  if (!service || !service->has_old || is_over(state)) return;
  Part& part = state.parts[event.service];
  if (part.old_down) return;
  part.old_down = true;
  say(OldIsDown{event.service});
  if (auto* back = std::get_if<TakingBack>(&state.phase)) {
    back->restoring.insert(event.service);
    order_take_back();
    return;
  }
  const auto* shifting = std::get_if<Shifting>(&state.phase);
  const bool has_all = is<Promoting>(state) || (shifting && shifting->percent >= 100);
  if (has_all || part.takes_all) return;
  part.takes_all = true;
  if (shifting) move(any_shares(state, rules) ? shifting->percent : 100);
}

void Step::on(const OldRestored& event) {
  const auto found = state.parts.find(event.service);
  if (found == state.parts.end() || is_over(state)) return;
  Part& part = found->second;
  if (auto* back = std::get_if<TakingBack>(&state.phase)) {
    part.old_down = false;
    back->restoring.erase(event.service);
    std::erase(back->missing, event.service);  // late, but there
    if (back->covering.erase(event.service) > 0) give_back();
    return;
  }
  if (part.held) return;  // it gives room to the candidate
  part.old_down = false;
  // What a candidate has it keeps: shares rise only.
  if (!is<Shifting>(state) && !is<Promoting>(state)) part.takes_all = false;
}

// --- watched -------------------------------------------------------------------------------------

void Step::on(const Measured& event) {
  auto* shifting = std::get_if<Shifting>(&state.phase);
  auto* baking = shifting ? std::get_if<Baking>(&shifting->stage) : nullptr;
  const ServiceRules* service = find_rules(event.service);
  if (!baking || !service || event.since != baking->since) return;
  const Judgement judgement = judge(event.candidate, event.old, event.routes, service->policy);
  baking->looks[event.service] = {now, judgement};
  if (judgement.errors.outcome == Outcome::fail) {
    const std::uint32_t share = share_at(shifting->percent, *service, state);
    take_back({event.service, TooManyErrors{share, judgement.errors}});
  }
}

void Step::settle_in(Shifting& phase) {
  if (const auto* moving = std::get_if<Moving>(&phase.stage)) {
    too_late(moving->since, rules.limits.share, Stage::share);
  } else {
    settle_baking(phase.percent, std::get<Baking>(phase.stage));
  }
}

void Step::settle_baking(std::uint32_t percent, Baking& baking) {
  if (state.hurried) return climb(percent);
  const TimePoint end = baking.since + bake_of(rules);
  if (now >= baking.next_look) {
    baking.next_look = now < end ? std::min(now + kLookEvery, end) : now + kLookEvery;
    act(Measure{baking.since});
  }
  if (now < end || !has_figures(baking, end) || turned_at_latency(percent, baking)) return;
  if (state.paused || turned_at_little_traffic(percent, baking)) return;
  for (const ServiceRules& service : rules.services) {
    const std::uint32_t share = share_at(percent, service, state);
    say(StepJudged{service.name, share, baking.looks[service.name].judgement});
  }
  climb(percent);
}

// Of the whole step, and of every service.
bool Step::has_figures(const Baking& baking, TimePoint end) {
  for (const ServiceRules& service : rules.services) {
    const auto look = baking.looks.find(service.name);
    if (look != baking.looks.end() && look->second.at >= end) continue;
    too_late(end, rules.limits.figures, Stage::figures, service.name);
    return false;
  }
  return true;
}

// A program that has just started is slow before its caches and its compiler are warm. So the time
// is judged at the end of a step, and one that is slow is counted anew before it is taken back.
bool Step::turned_at_latency(std::uint32_t percent, Baking& baking) {
  for (const ServiceRules& service : rules.services) {
    const LatencyJudgement figures = baking.looks[service.name].judgement.latency;
    if (figures.outcome != Outcome::fail) continue;
    if (baking.second) {
      take_back({service.name, TooSlow{share_at(percent, service, state), figures}});
    } else {
      say(LooksAgain{service.name, figures});
      baking = bake_from_now(true);
    }
    return true;
  }
  return false;
}

bool Step::turned_at_little_traffic(std::uint32_t percent, Baking& baking) {
  bool waits = false;
  const TimePoint began = baking.waiting.value_or(now);
  for (const ServiceRules& service : rules.services) {
    const Judgement figures = baking.looks[service.name].judgement;
    const RolloutPolicy& policy = service.policy;
    if (!figures.undecided() || policy.little_traffic == LittleTraffic::go_on) continue;
    const std::uint32_t share = share_at(percent, service, state);
    if (policy.little_traffic == LittleTraffic::refuse || now >= began + policy.patience) {
      take_back({service.name, TooLittleTraffic{share, figures, since(baking.since)}});
      return true;
    }
    if (!baking.waiting) say(WaitsForTraffic{service.name, share, policy.patience});
    waits = true;
  }
  baking.waiting = waits ? std::optional(began) : std::nullopt;
  return waits;
}

}  // namespace livefix::rollout
