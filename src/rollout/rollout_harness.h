// For tests: a rollout that is turned by hand, with a clock that is, too.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "rollout/rollout_machine.h"

namespace livefix::rollout {

inline ServiceRules service_rules(std::string name) {
  ServiceRules rules;
  rules.name = std::move(name);
  return rules;
}

inline Window window_of(std::uint64_t requests, std::uint64_t errors,
                        Milliseconds time = Milliseconds{20}) {
  Window window{requests, errors, {}};
  const auto microseconds = static_cast<std::uint64_t>(time.count()) * 1'000;
  window.latencies[latency::bucket_of(microseconds)] = requests;
  return window;
}

class Harness {
 public:
  explicit Harness(Rules rules) : rules_(std::move(rules)) { take(begin(rules_, now_)); }
  explicit Harness(ServiceRules service) : Harness(Rules{{std::move(service)}, {}}) {}

  void feed(const Event& event) { take(step(std::move(state_), event, rules_, now_)); }
  void come_back() { take(recover(std::move(state_), rules_, now_)); }
  // Goes from one deadline to the next.
  void pass(Milliseconds time) {
    const TimePoint end = now_ + time;
    for (auto due = next_deadline(state_, rules_); due && *due <= end;
         due = next_deadline(state_, rules_)) {
      now_ = std::max(now_, *due);
      feed(Tick{});
      answer_measures();
    }
    now_ = end;
  }

  // --- the usual way -----------------------------------------------------------------------------
  void build() {
    feed(LaidOut{});
    feed(Built{});
    feed(MemoryChecked{});
  }
  void get_ready() {
    build();
    for (const ServiceRules& service : rules_.services) feed(CandidateReady{service.name});
  }
  void apply() { feed(ShareApplied{state_.last_order}); }
  // To the end of a step, with what candidates() and old() say.
  void bake() {
    apply();
    pass(Milliseconds{10'000});
  }

  const RolloutState& state() const { return state_; }
  const Rules& rules() const { return rules_; }
  TimePoint now() const { return now_; }
  std::string_view name() const { return name_of(state_); }
  std::uint32_t percent() const {
    const auto* shifting = std::get_if<Shifting>(&state_.phase);
    return shifting ? shifting->percent : 0;
  }
  bool is_baking() const {
    const auto* shifting = std::get_if<Shifting>(&state_.phase);
    return shifting && std::holds_alternative<Baking>(shifting->stage);
  }
  const Verdict* verdict() const {
    if (const auto* back = std::get_if<TakingBack>(&state_.phase)) return &back->verdict;
    if (const auto* over = std::get_if<TakenBack>(&state_.phase)) return &over->verdict;
    if (const auto* refused = std::get_if<Refused>(&state_.phase)) return &refused->verdict;
    return nullptr;
  }
  std::string gate() const { return verdict() ? std::string(gate_name(*verdict())) : ""; }

  // Of all actions so far.
  template <class A>
  std::vector<A> all() const {
    std::vector<A> found;
    for (const Action& action : actions_) {
      if (const auto* one = std::get_if<A>(&action)) found.push_back(*one);
    }
    return found;
  }
  template <class P>
  std::size_t said() const {
    std::size_t count = 0;
    for (const Say& say : all<Say>()) count += std::holds_alternative<P>(say.progress) ? 1 : 0;
    return count;
  }

  // What every Measure is answered with; nothing where `answers` is off.
  Window candidate = window_of(1'000, 0);
  Window old = window_of(10'000, 0);
  bool answers = true;

 private:
  void take(Transition transition) {
    state_ = std::move(transition.state);
    for (Action& action : transition.actions) actions_.push_back(std::move(action));
  }
  void answer_measures() {
    if (!answers || !is_baking()) return;
    const auto* shifting = std::get_if<Shifting>(&state_.phase);
    const TimePoint since = std::get<Baking>(shifting->stage).since;
    for (const ServiceRules& service : rules_.services) {
      feed(Measured{service.name, since, candidate, old});
    }
  }

  Rules rules_;
  RolloutState state_{};
  TimePoint now_{std::chrono::hours{1}};
  std::vector<Action> actions_;
};

}  // namespace livefix::rollout
