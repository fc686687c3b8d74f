// For tests: random events against a keeper that behaves as the real one, and controls that are
// killed between two orders. Whatever comes, the invariants in it hold.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "control/routing.h"
#include "control/service_machine.h"

namespace livefix::control::testing {

using namespace std::chrono_literals;

// Sanitizers look at the code, which is the same for each seed.
#ifdef LIVEFIX_SANITIZED
inline constexpr unsigned kFewerSeeds = 5;
#else
inline constexpr unsigned kFewerSeeds = 1;
#endif

// What the keeper knows, and what it will tell.
struct ModelUnit {
  std::string label;
  bool serves = true;
  bool told_to_stop = false;
  bool gone = false;
  bool leader_lives = true;
  bool crashed = false;
  std::int32_t wait_status = 0;
  TimePoint started;
  std::vector<link::Listening> listening;
};

class RandomWorld {
 public:
  explicit RandomWorld(unsigned seed, bool builds, bool fixed) : random_(seed), fixed_(fixed) {
    policy_.service.directory = "/srv";
    policy_.build_directory = "/run";
    if (seed % 2 == 1) policy_.numbers = {seed % 3, 3};  // one of several

    policy_.service.command = {"program"};
    if (builds) policy_.service.build = BuildStep{{"make"}};
    if (seed % 2 == 0) policy_.service.traffic.slow_start = Milliseconds{700};
  }
  virtual ~RandomWorld() = default;
  RandomWorld(const RandomWorld&) = delete;
  RandomWorld& operator=(const RandomWorld&) = delete;

  void run(int steps) {
    feed(FirstStart{});
    for (int i = 0; i < 20 && plans() == 0 && number(last_unit_) % 4 != 3; ++i) help_the_first();
    for (int i = 0; i < steps && !finished_ && !::testing::Test::HasFailure(); ++i) random_step();
    wind_down();
  }

  std::uint64_t plans() const { return number(plan_.version); }
  int kills() const { return kills_; }

 protected:
  // What somebody asks for.
  virtual void ask() { feed(ChangeSeen{{"a" + std::to_string(pick(9))}}); }
  virtual void hear(const Report&) {}
  virtual Remembered remember() { return {stop_requested_, pick(4) == 0}; }
  virtual void check_more() {}
  // Before the end is asked for.
  virtual void calm_down() {}

  int pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }

  // What comes of a report waits until all actions of its step are done, as with ServiceWorld.
  void feed(const Event& event) {
    waiting_.push_back(event);
    while (!acting_ && !finished_ && !waiting_.empty()) {
      const Event next = std::move(waiting_.front());
      waiting_.pop_front();
      take(step(std::move(state_), next, policy_, now_));
    }
  }

  // Acts as the driver does, or is killed on the way.
  void take(Transition transition) {
    state_ = std::move(transition.state);
    const bool killed = pick(40) == 0 && !is_calm_;
    acting_ = true;
    std::size_t survive = transition.actions.size();
    if (killed && survive > 0) survive = static_cast<std::size_t>(pick(static_cast<int>(survive)));
    for (std::size_t i = 0; i < survive; ++i) {
      std::visit([this](const auto& action) { act(action); }, transition.actions[i]);
    }
    acting_ = false;
    if (killed) return come_back();
    check();
  }

  void come_back() {
    if (finished_) return;
    ++kills_;
    knocks_.clear();
    waiting_.clear();
    link::ServiceSnapshot welcome;
    welcome.last_unit = last_unit_;
    welcome.plan = plan_;
    for (const Address& port : ports_) welcome.ports.push_back({port});
    for (auto& [id, unit] : units_) {
      link::UnitSnapshot snapshot;
      snapshot.unit = id;
      snapshot.label = unit.label;
      snapshot.pid = unit.leader_lives ? 7 : 0;
      snapshot.wait_status = unit.wait_status;
      snapshot.age = std::chrono::duration_cast<Milliseconds>(now_ - unit.started);
      snapshot.listening = unit.listening;
      snapshot.phase = unit.gone           ? link::UnitPhase::gone
                       : unit.told_to_stop ? link::UnitPhase::stopping
                                           : link::UnitPhase::running;
      welcome.units.push_back(snapshot);
    }
    std::erase_if(units_, [](const auto& entry) { return entry.second.gone; });
    take(restore(welcome, remember(), policy_, now_));
  }

  // --- the keeper --------------------------------------------------------------------------------

  void act(const link::StartUnit& order) {
    ASSERT_GT(number(order.unit), number(last_unit_)) << "a unit id was used twice";
    last_unit_ = order.unit;
    units_[order.unit] =
        ModelUnit{order.label, order.serves, false, false, true, false, 0, now_, {}};
  }
  void act(const link::StopUnit& order) {
    const auto found = units_.find(order.unit);
    if (found == units_.end() || found->second.gone) return;
    ModelUnit& unit = found->second;
    // The only one that serves is never stopped, unless it failed or all is over.
    if (!unit.told_to_stop && unit.serves && !unit.crashed && !stop_requested_ &&
        weight(order.unit) > 0) {
      ADD_FAILURE() << "unit " << number(order.unit) << " is stopped while it serves, busy with "
                    << state_.task.index();
    }
    unit.told_to_stop = true;
  }
  void act(const link::ClosePort& order) { std::erase(ports_, order.address); }
  void act(const link::PublishPlan& order) {
    EXPECT_EQ(number(order.plan.version), number(plan_.version) + 1);
    const bool shares =
        policy_.service.traffic.slow_start > Milliseconds{0} || policy_.runs_commits;
    EXPECT_LE(std::ranges::count_if(order.plan.generations,
                                    [](const auto& route) { return route.weight > 0; }),
              shares ? 2 : 1);
    std::uint32_t given = 0;
    for (const GenerationRoute& route : order.plan.generations) {
      given += route.weight;
      EXPECT_TRUE(units_.contains(route.generation)) << "a generation that is gone is in the plan";
      if (route.weight > 0) {
        EXPECT_FALSE(route.backends.empty());
      }
    }
    EXPECT_TRUE(given == 0 || given == kFullWeight) << given;
    plan_ = order.plan;
  }
  void act(const link::DrainProxy&) { draining_proxy_ = true; }
  void act(const link::Finish&) {
    EXPECT_TRUE(std::ranges::all_of(units_, [](const auto& entry) { return entry.second.gone; }));
    finished_ = true;
  }
  void act(const Knock& knock) { knocks_.push_back(knock); }
  void act(const ForgetBuild&) {}
  void act(const Report& report) { hear(report); }

  std::uint32_t weight(UnitId unit) const {
    for (const GenerationRoute& route : plan_.generations) {
      if (route.generation == unit) return route.weight;
    }
    return 0;
  }

  ModelUnit* any_unit(UnitId& id) {
    if (units_.empty()) return nullptr;
    auto at = std::next(units_.begin(), pick(static_cast<int>(units_.size())));
    id = at->first;
    return at->second.gone ? nullptr : &at->second;
  }

  void listen(UnitId id, ModelUnit& unit) {
    if (!unit.serves || unit.told_to_stop || !unit.leader_lives) return;
    const auto port = static_cast<std::uint16_t>(3000 + pick(8) / 7);
    const link::Listening where{
        Address::any_ipv4(port),
        Address::ipv4(127, 9, 0, static_cast<std::uint8_t>(number(id)), port), fixed_};
    if (std::ranges::find(ports_, where.requested) == ports_.end())
      ports_.push_back(where.requested);
    for (const auto& known : unit.listening) {
      if (known.backend == where.backend) return;
    }
    if (fixed_) {
      for (const auto& [other_id, other] : units_) {
        EXPECT_TRUE(other_id == id || other.gone || other.listening.empty())
            << "two programs with one fixed port at once";
      }
    }
    unit.listening.push_back(where);
    feed(link::UnitListening{id, where});
  }

  void end(UnitId id, ModelUnit& unit, std::int32_t status) {
    unit.crashed = true;
    unit.leader_lives = false;
    unit.wait_status = status;
    feed(link::LeaderExited{id, status});
  }

  void leave(UnitId id) {
    const auto found = units_.find(id);
    if (found == units_.end()) return;
    found->second.gone = found->second.crashed = true;
    found->second.leader_lives = false;
    const int kills = kills_;
    feed(link::UnitGone{id});
    if (kills == kills_) units_.erase(id);  // else the snapshot told it
  }

  // Most runs get over the first start, after which little can end them.
  void help_the_first() {
    for (auto& [id, unit] : std::map(units_)) {
      if (!units_.contains(id)) return;
      if (!unit.serves && unit.leader_lives) return end(id, units_.at(id), 0);
      listen(id, units_.at(id));
    }
    for (const Knock& knock : std::vector(knocks_)) {
      feed(KnockAccepted{knock.unit, knock.backend});
    }
    feed(link::PlanApplied{plan_.version});
  }

  void random_step() {
    now_ += Milliseconds{pick(3) == 0 ? pick(3'000) : pick(30)};
    UnitId id{};
    ModelUnit* unit = any_unit(id);
    switch (pick(14)) {
      case 0:
      case 1:
        ask();
        break;
      case 2:
      case 3:
      case 4:
        if (unit) listen(id, *unit);
        break;
      case 5:
      case 6:
        if (!knocks_.empty()) {
          const Knock knock = knocks_.back();
          knocks_.pop_back();
          feed(KnockAccepted{knock.unit, knock.backend});
        }
        break;
      case 7:
        feed(link::PlanApplied{plan_.version});
        break;
      case 8:
        for (const GenerationRoute& route : plan_.generations) {
          if (route.weight == 0) {
            feed(link::GenerationDrained{route.generation, plan_.version});
            break;
          }
        }
        break;
      case 9:
        // A build ends well; a program seldom fails.
        if (unit && unit->leader_lives && !unit->serves) end(id, *unit, pick(3) == 0 ? 256 : 0);
        if (unit && unit->leader_lives && pick(4) == 0)
          end(id, *unit, pick(2) == 0 ? SIGSEGV : 256);
        break;
      case 10:
        if (unit && (!unit->leader_lives || unit->told_to_stop)) leave(id);
        break;
      case 11:
        if (pick(10) == 0) feed(link::PortRefused{id, Address::any_ipv4(3000), EADDRINUSE});
        break;
      case 12:
        feed(Tick{});
        break;
      default:
        if (pick(60) == 0) {
          stop_requested_ = true;
          feed(link::StopRequested{SIGINT});
        } else if (pick(10) == 0) {
          feed(link::ProxyRestarted{SIGKILL});
        }
    }
  }

  void check() {
    int serving_now = 0;
    for (const auto& [id, unit] : state_.units) serving_now += is<Serving>(unit) ? 1 : 0;
    EXPECT_LE(serving_now, 1);
    if (is_stopping(state_)) return;
    // What the keeper was told is what the state calls for.
    const RoutingPlan wanted = plan_of(state_, policy_);
    EXPECT_EQ(wanted.version, plan_.version);
    ASSERT_EQ(wanted.generations.size(), plan_.generations.size());
    for (std::size_t i = 0; i < wanted.generations.size(); ++i) {
      EXPECT_EQ(wanted.generations[i].generation, plan_.generations[i].generation);
      EXPECT_EQ(wanted.generations[i].weight, plan_.generations[i].weight);
      EXPECT_EQ(wanted.generations[i].backends.size(), plan_.generations[i].backends.size());
    }
    // No unit runs that is nobody's business.
    for (const auto& [id, unit] : state_.units) {
      if (!is<Starting>(unit)) continue;
      const auto* building = std::get_if<Building>(&state_.task);
      const auto* trying = std::get_if<Trying>(&state_.task);
      const bool is_built_for_later = state_.advance_build && state_.advance_build->unit == id;
      EXPECT_TRUE((building && building->unit == id) || (trying && trying->candidate == id) ||
                  is_built_for_later)
          << "a candidate without end";
    }
    if (const auto* switching = std::get_if<Switching>(&state_.task)) {
      EXPECT_TRUE(state_.units.contains(switching->candidate));
    }
    check_more();
  }

  // From anywhere a stop leads to the end in a bounded number of steps.
  void wind_down() {
    if (finished_) return;
    if (!is_stopping(state_)) calm_down();
    stop_requested_ = true;
    feed(link::StopRequested{SIGTERM});
    for (int i = 0; i < 300 && !finished_ && !::testing::Test::HasFailure(); ++i) {
      now_ += 1s;
      feed(Tick{});
      if (draining_proxy_ && pick(3) == 0) feed(link::ProxyDrained{});
      std::vector<UnitId> ids;
      for (const auto& [id, unit] : units_) {
        if (unit.told_to_stop) ids.push_back(id);
      }
      for (const UnitId id : ids) leave(id);
    }
    EXPECT_TRUE(finished_);
  }

  std::mt19937 random_;
  const bool fixed_;
  Policy policy_;
  ServiceState state_;
  std::deque<Event> waiting_;
  bool acting_ = false;
  TimePoint now_{1h};
  std::map<UnitId, ModelUnit> units_;
  UnitId last_unit_{};
  RoutingPlan plan_;
  std::vector<Address> ports_;
  std::vector<Knock> knocks_;
  bool draining_proxy_ = false;
  bool stop_requested_ = false;
  bool finished_ = false;
  bool is_calm_ = false;  // nobody is killed any more
  int kills_ = 0;
};

}  // namespace livefix::control::testing
