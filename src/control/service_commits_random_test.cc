// Commits that are pushed, proven, kept, taken back and rolled back in any order, while controls
// are killed and programs crash: what was promoted last is what runs in the end.
#include <gtest/gtest.h>

#include "base/overloaded.h"
#include "control/random_world.h"

namespace livefix::control {
namespace {

using control::testing::kFewerSeeds;
using control::testing::RandomWorld;
using namespace std::chrono_literals;

// With what the rollout driver, the rollback and the ledger do for one service.
class CommitWorld : public RandomWorld {
 public:
  CommitWorld(unsigned seed, bool builds, bool fixed) : RandomWorld(seed, builds, fixed) {
    policy_.runs_commits = true;
    policy_.warm = Milliseconds{pick(2) * 800};
    policy_.service.watch.enabled = false;
  }
  int promoted() const { return promoted_; }
  int rolled_back() const { return rolled_back_; }

 protected:
  void ask() override {
    if (rollout_) return go_on();
    if (pick(4) == 0) return roll_back();
    if (rollback_) return;
    if (pick(12) == 0 && !kept_.empty()) return feed(ReloadAsked{});
    const auto number = static_cast<std::uint32_t>(commits_.size() + 1);
    commits_.push_back({number, "c" + std::to_string(number), "/releases/c"});
    rollout_ = Rollout{commits_.back()};
    feed(BuildAsked{commits_.back()});
  }

  // As a rollout may: by its own decision, at any time.
  void go_on() {
    if (rollout_->is_promoting) return promote();
    switch (pick(6)) {
      case 0:
        return take_back();
      case 1:
        if (!rollout_->is_asked) return feed(BuildAsked{rollout_->release});
        break;
      default:
        break;
    }
    if (!rollout_->is_ready) return;
    if (rollout_->share == 100 && rollout_->is_applied) {
      rollout_->is_promoting = true;  // it is being written down, and the candidate may crash
      return;
    }
    rollout_->share = pick(2) == 0 ? 100 : 50;
    rollout_->is_applied = false;
    feed(ShareAsked{rollout_->share});
  }

  void take_back() {
    rollout_.reset();
    const int life = kills_;
    feed(BuildCancelled{});
    if (life == kills_) feed(TakeBackAsked{"worse"});
  }

  void promote() {
    const Release release = rollout_->release;
    keep(release);
    rollout_.reset();
    ++promoted_;
    if (pick(10) == 0) {  // written down, and nothing done
      return come_back();
    }
    feed(KeepAsked{release});
  }

  void keep(const Release& release) {
    std::erase_if(kept_, [&](const Release& one) { return one.is(release); });
    kept_.push_back(release);
  }

  void roll_back() {
    if (kept_.size() < 2 || rollback_) return;
    const Release target = kept_[kept_.size() - 2];
    rollback_ = kept_.back();
    keep(target);
    ++rolled_back_;
    if (pick(10) == 0) {
      return come_back();
    }
    feed(ReleaseAsked{{target}});
  }

  void hear(const Report& report) override {
    std::visit(overloaded{[&](const ReleaseBuilt& built) {
                            if (!rollout_ || !built.release.is(rollout_->release)) return;
                            if (built.failure) return rollout_.reset();
                            rollout_->is_asked = true;
                            feed(ReleaseAsked{{rollout_->release, true, pick(4) == 0}});
                          },
                          [&](const CandidateReady& ready) {
                            if (!rollout_ || !ready.attempt.release.is(rollout_->release)) return;
                            rollout_->is_ready = true;
                          },
                          [&](const ShareApplied& applied) {
                            if (rollout_ && applied.percent == rollout_->share) {
                              rollout_->is_applied = true;
                            }
                          },
                          [&](const AttemptFailed& failed) { attempt_failed(failed); },
                          [&](const AttemptServes& serves) {
                            if (rollback_ && serves.attempt.release.is(kept_.back())) {
                              rollback_.reset();
                            }
                          },
                          [](const auto&) {}},
               report);
  }

  void attempt_failed(const AttemptFailed& failed) {
    if (rollout_ && failed.attempt.release.is(rollout_->release)) {
      if (rollout_->is_promoting) return;
      rollout_.reset();
      return feed(TakeBackAsked{"it failed"});
    }
    if (!rollback_ || !failed.attempt.release.is(kept_.back())) return;
    const Release before = *std::exchange(rollback_, std::nullopt);
    keep(before);
    feed(KeepAsked{before});
  }

  // A control that comes back knows what was written down, and no rollout.
  Remembered remember() override {
    rollout_.reset();
    rollback_.reset();
    Remembered remembered{stop_requested_, false, commits_, {}, {}};
    if (!kept_.empty()) remembered.kept = kept_.back();
    if (kept_.size() > 1) remembered.before = kept_[kept_.size() - 2];
    return remembered;
  }

  void check_more() override {
    // Who has traffic was promoted once, or is being proven.
    for (const GenerationRoute& route : plan_.generations) {
      if (route.weight == 0) continue;
      const Release& release = state_.units.at(route.generation).release;
      const bool was_kept =
          std::ranges::any_of(kept_, [&](const Release& one) { return one.is(release); });
      const auto* proving = std::get_if<Proving>(&state_.task);
      const auto* switching = std::get_if<Switching>(&state_.task);
      EXPECT_TRUE(was_kept || (proving && proving->candidate == route.generation) ||
                  (switching && switching->candidate == route.generation))
          << release.name << " has traffic";
    }
  }

  // Programs that do as they should, and a keeper and a proxy that answer.
  void calm_down() override {
    is_calm_ = true;
    if (rollout_) rollout_->is_promoting ? promote() : take_back();
    for (int round = 0; round < 60; ++round) {
      now_ += 1s;
      feed(Tick{});
      for (const auto& [id, unit] : std::map(units_)) {
        if (!units_.contains(id)) continue;
        if (unit.told_to_stop || (!unit.leader_lives && !unit.gone)) {
          leave(id);
        } else if (unit.leader_lives && !unit.serves) {
          end(id, units_.at(id), 0);
        } else {
          listen(id, units_.at(id));
        }
      }
      for (const Knock& knock : std::exchange(knocks_, {})) {
        feed(KnockAccepted{knock.unit, knock.backend});
      }
      for (const auto& [id, unit] : std::map(units_)) listen_where_it_did(id);
      feed(link::PlanApplied{plan_.version});
      for (const GenerationRoute& route : RoutingPlan(plan_).generations) {
        if (route.weight == 0) feed(link::GenerationDrained{route.generation, plan_.version});
      }
    }
    if (kept_.empty() || ::testing::Test::HasFailure()) return;
    const Generation* found = serving(state_);
    SCOPED_TRACE(describe());
    ASSERT_TRUE(found) << "nothing serves";
    EXPECT_TRUE(found->release.is(kept_.back()))
        << found->release.name << " serves, and " << kept_.back().name << " was promoted";
    for (const auto& [id, unit] : state_.units) {
      EXPECT_TRUE(is<Serving>(unit) || is<Warm>(unit)) << unit.release.name << " is left over";
    }
  }

  std::string describe() const {
    std::string text = "busy with " + std::to_string(state_.task.index());
    for (const auto& [id, unit] : state_.units) {
      text += "\nunit " + std::to_string(number(id)) + " of " + unit.release.name + " in phase " +
              std::to_string(unit.phase.index()) + (unit.gone ? ", gone" : "") +
              (unit.wait_status ? ", ended" : "") + ", known to the keeper: " +
              (!units_.contains(id)         ? "no"
               : units_.at(id).told_to_stop ? "told to stop"
                                            : "yes");
    }
    return text;
  }

  // A random one may have opened another port than the ones before: then on all of them.
  void listen_where_it_did(UnitId id) {
    for (int i = 0; i < 8; ++i) {
      if (units_.contains(id)) listen(id, units_.at(id));
    }
    for (const Knock& knock : std::exchange(knocks_, {})) {
      feed(KnockAccepted{knock.unit, knock.backend});
    }
  }

 private:
  struct Rollout {
    Release release;
    bool is_asked = false;
    bool is_ready = false;
    bool is_applied = false;
    bool is_promoting = false;
    std::uint32_t share = 0;
  };

  std::vector<Release> commits_;
  std::vector<Release> kept_;  // newest last
  std::optional<Rollout> rollout_;
  std::optional<Release> rollback_;  // what ran before it
  int promoted_ = 0;
  int rolled_back_ = 0;
};

class ServiceCommitsRandom : public ::testing::TestWithParam<std::tuple<bool, bool>> {};

TEST_P(ServiceCommitsRandom, WhatWasPromotedLastRunsInTheEnd) {
  const auto [builds, fixed] = GetParam();
  unsigned promoted = 0;
  unsigned rolled_back = 0;
  unsigned kills = 0;
  for (unsigned seed = 1; seed <= 1'000 / kFewerSeeds; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    CommitWorld world(seed, builds, fixed);
    world.run(600);
    promoted += world.promoted();
    rolled_back += world.rolled_back();
    kills += world.kills();
    if (HasFailure()) break;
  }
  // A test that hardly did anything has shown nothing.
  EXPECT_GT(promoted, 100 / kFewerSeeds);
  EXPECT_GT(rolled_back, 10 / kFewerSeeds);
  EXPECT_GT(kills, 400 / kFewerSeeds);
}

INSTANTIATE_TEST_SUITE_P(BuildsAndFixedPorts, ServiceCommitsRandom,
                         ::testing::Combine(::testing::Bool(), ::testing::Bool()));

}  // namespace
}  // namespace livefix::control
