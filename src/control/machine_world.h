// For tests: the service machine with its world played by hand.
#pragma once

#include <gtest/gtest.h>

#include "control/exit_status.h"
#include "control/service_machine.h"

namespace livefix::control::testing {

using namespace std::chrono_literals;

// Plays the keeper by hand: events go in, and what came out last can be asked for.
struct World {
  World() {
    policy.service.name = "shop";
    policy.service.directory = "/srv/shop";
    policy.build_directory = "/srv/shop/.livefix/run/shop/build";
    policy.service.command = {"node", "server.js"};
  }

  void fire(const Event& event) {
    auto transition = step(std::move(state), event, policy, now);
    state = std::move(transition.state);
    actions = std::move(transition.actions);
    for (const Action& action : actions) all.push_back(action);
  }
  void pass(Milliseconds time) {
    now += time;
    fire(Tick{});
  }
  // Goes to the next deadline and lets it be noticed.
  void pass_to_deadline() {
    const auto due = next_deadline(state, policy);
    ASSERT_TRUE(due);
    now = std::max(now, *due);
    fire(Tick{});
  }

  template <class A>
  const A* did() const {
    for (const Action& action : actions) {
      if (const auto* found = std::get_if<A>(&action)) return found;
    }
    return nullptr;
  }
  template <class R>
  const R* told() const {
    for (const Action& action : actions) {
      const auto* report = std::get_if<Report>(&action);
      if (const auto* found = report ? std::get_if<R>(report) : nullptr) return found;
    }
    return nullptr;
  }
  bool stopped(UnitId unit) const {
    for (const Action& action : actions) {
      const auto* stop = std::get_if<link::StopUnit>(&action);
      if (stop && stop->unit == unit) return true;
    }
    return false;
  }
  const RoutingPlan* plan() const {
    const RoutingPlan* last = nullptr;
    for (const Action& action : actions) {
      if (const auto* publish = std::get_if<link::PublishPlan>(&action)) last = &publish->plan;
    }
    return last;
  }

  static link::Listening place(UnitId unit, std::uint16_t port = 3000, bool fixed = false) {
    const auto last = static_cast<std::uint8_t>(number(unit));
    return {Address::any_ipv4(port), Address::ipv4(127, 7, 0, last, port), fixed};
  }
  void listen(UnitId unit, std::uint16_t port = 3000, bool fixed = false) {
    fire(link::UnitListening{unit, place(unit, port, fixed)});
  }
  void accept(UnitId unit, std::uint16_t port = 3000) {
    fire(KnockAccepted{unit, place(unit, port).backend});
  }
  void apply() { fire(link::PlanApplied{state.plan}); }
  // A unit that was started becomes ready and the plan is applied.
  void make_ready(UnitId unit, std::uint16_t port = 3000) {
    fire(link::UnitStarted{unit, 100 + static_cast<int>(number(unit))});
    listen(unit, port);
    accept(unit, port);
    apply();
  }
  UnitId serve_first() {
    fire(FirstStart{});
    make_ready(UnitId{1});
    return UnitId{1};
  }
  template <class T>
  bool busy_with() const {
    return std::holds_alternative<T>(state.task);
  }

  Policy policy;
  ServiceState state;
  TimePoint now{1h};
  std::vector<Action> actions;
  std::vector<Action> all;
};

}  // namespace livefix::control::testing
