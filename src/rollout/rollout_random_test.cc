// Random events, a driver that may die between two orders, answers that never come, come late or
// come again. Whatever happens, the invariants below hold at each step and every rollout ends.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "rollout/rollout_harness.h"
#include "rollout/rollout_outcome.h"

namespace livefix::rollout {
namespace {

using namespace std::chrono_literals;

// What all worlds together have been through.
struct Seen {
  std::map<std::string_view, bool> flags;                // of rollout_outcome.h, whether ever
  std::set<std::pair<std::size_t, std::size_t>> events;  // the phase in which each came
};

// One service as it is out there.
struct Real {
  bool old_runs = false;
  bool candidate_runs = false;
  bool ready = false;
  bool healthy = false;
  std::uint32_t share = 0;  // ordered last
};

class World {
 public:
  // `seen` must outlive this.
  World(unsigned seed, Seen& seen) : random_(seed), seen_(seen) {
    const int count = 1 + pick(3);
    for (int i = 0; i < count; ++i) rules_.services.push_back(some_service(std::to_string(i)));
    for (const ServiceRules& service : rules_.services) {
      real_[service.name].old_runs = service.has_old;
    }
    careless_ = pick(3) == 0;
  }

  void run(int steps) {
    take(begin(rules_, now_));
    for (int i = 0; i < steps && !failed(); ++i) random_step();
    quiet_ = true;
    careless_ ? wind_down() : go_on_fairly();
    if (!failed()) check_end();
  }

  std::string_view end() const { return name_of(state_); }
  int kills() const { return kills_; }

 private:
  static bool failed() { return testing::Test::HasFailure(); }
  int pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }
  bool chance(int one_in) { return pick(one_in) == 0; }

  ServiceRules some_service(std::string name) {
    ServiceRules rules = service_rules(std::move(name));
    rules.has_old = !chance(4);
    if (chance(4)) rules.hold = HoldReason::fixed_port;
    rules.may_hold = !chance(4);
    if (chance(2)) rules.policy.health = HealthCheck{"/", 5s};
    if (chance(2)) rules.replay = ReplaySpec{};
    if (chance(2)) rules.mirror = MirrorSpec{};
    if (chance(4)) rules.policy.preview = 5s;
    if (chance(3)) rules.policy.steps = {static_cast<std::uint32_t>(1 + pick(99)), 100};
    rules.policy.bake = Milliseconds{pick(4) * 1'500};
    rules.policy.little_traffic = static_cast<LittleTraffic>(pick(3));
    rules.policy.patience = 20s;
    return rules;
  }
  const ServiceRules& rules_of(const std::string& name) const {
    return *std::ranges::find(rules_.services, name, &ServiceRules::name);
  }
  const std::string& some_name() {
    return rules_.services[static_cast<std::size_t>(pick(static_cast<int>(real_.size())))].name;
  }

  // --- driver ------------------------------------------------------------------------------------

  void feed(const Event& event) {
    const RolloutState before = state_;
    seen_.events.emplace(before.phase.index(), event.index());
    Transition next = step(state_, event, rules_, now_);
    if (is_over(before)) {
      EXPECT_EQ(next.state, before);
      EXPECT_TRUE(next.actions.empty());
    }
    check_pause(before, event, next.state);
    check_crash(before, event, next.state);
    take(std::move(next));
  }

  // It holds what is there, and for so long; but not where requests would wait for nobody.
  void check_pause(const RolloutState& before, const Event& event, const RolloutState& after) {
    if (after.paused) {
      EXPECT_LT(now_, *after.paused + rules_.limits.pause);
    }
    const bool is_word =
        std::holds_alternative<PromoteAsked>(event) || std::holds_alternative<ResumeAsked>(event);
    if (!before.paused || is_word) return;
    EXPECT_TRUE(after.paused || is<TakingBack>(after) || is<Refused>(after)) << name_of(after);
    const bool rises = percent_of(after) > percent_of(before);
    EXPECT_TRUE(!rises || somebody_waits(after)) << name_of(before);
    if (const auto* back = std::get_if<TakingBack>(&after.phase); back && is_open(before)) {
      EXPECT_FALSE(std::holds_alternative<TooLittleTraffic>(back->verdict.grounds));
    }
  }
  // Of a candidate: whatever else is going on.
  void check_crash(const RolloutState& before, const Event& event, const RolloutState& after) {
    const auto* crashed = std::get_if<CandidateCrashed>(&event);
    if (!crashed || !real_.contains(crashed->service) || !before.begun || !is_open(before)) return;
    EXPECT_TRUE(is<TakingBack>(after)) << name_of(after);
  }
  static bool is_open(const RolloutState& state) {
    return !is_over(state) && !is<Promoting>(state) && !is<TakingBack>(state);
  }
  static std::uint32_t percent_of(const RolloutState& state) {
    const auto* shifting = std::get_if<Shifting>(&state.phase);
    return shifting ? shifting->percent : 0;
  }
  bool somebody_waits(const RolloutState& state) const {
    return std::ranges::any_of(rules_.services, [&](const ServiceRules& service) {
      return service.has_old && state.parts.at(service.name).old_down;
    });
  }

  // When all that was ordered is done.
  void check_world() {
    for (const auto& [flag, is_so] : flags_of(state_)) seen_.flags[flag] |= is_so;
    // Or a driver would turn without end.
    if (const auto due = next_deadline(state_, rules_); due && *due <= now_) {
      const RolloutState next = step(state_, Tick{}, rules_, now_).state;
      const auto then = next_deadline(next, rules_);
      EXPECT_TRUE(!then || *then > now_) << name_of(state_);
    }
    if (const auto* verifying = std::get_if<Verifying>(&state_.phase)) {
      const bool is_proven = verifying->unhealthy.empty() && verifying->replaying.empty() &&
                             verifying->mirroring.empty();
      EXPECT_FALSE(is_proven && somebody_waits(state_));
    }
    if (!is<Shifting>(state_)) return;
    for (const auto& [name, real] : real_) {
      EXPECT_TRUE(real.old_runs || real.share == 100) << name;
    }
  }

  // The state is durable before anything is done; then the driver may die.
  void take(Transition transition) {
    state_ = std::move(transition.state);
    const bool killed = !quiet_ && chance(60);
    std::size_t done = transition.actions.size();
    if (killed) done = static_cast<std::size_t>(pick(static_cast<int>(done) + 1));
    for (std::size_t i = 0; i < done; ++i) {
      std::visit([this](const auto& action) { act(action); }, transition.actions[i]);
    }
    killed ? come_back() : check_world();
  }

  void come_back() {
    ++kills_;
    answers_.clear();
    promote_asked_ = false;
    take(recover(state_, rules_, now_));
    for (const auto& [name, real] : real_) {
      if (rules_of(name).has_old && !real.old_runs) feed(OldCrashed{name});
    }
  }

  void owe(Event event) { answers_.push_back(std::move(event)); }

  void act(const LayOut&) { owe(chance(12) ? Event{LayOutFailed{"full"}} : Event{LaidOut{}}); }
  void act(const Build&) { owe(chance(12) ? Event{BuildFailed{"0", "bad"}} : Event{Built{}}); }
  void act(const CheckMemory&) { owe(MemoryChecked{!chance(5), {2, 1}}); }
  void act(const StartCandidates& order) {
    EXPECT_FALSE(started_);
    started_ = true;
    EXPECT_EQ(order.candidates.size(), real_.size());
    for (const CandidateOrder& candidate : order.candidates) {
      EXPECT_FALSE(candidate.hold && !rules_of(candidate.service).has_old);
      if (candidate.hold) real_[candidate.service].old_runs = false;
      held_.insert(candidate.hold ? candidate.service : "");
      real_[candidate.service].candidate_runs = true;
      owe(chance(12) ? Event{CandidateFailed{candidate.service, "bad"}}
                     : Event{CandidateReady{candidate.service}});
    }
  }
  void act(const CheckHealth& order) {
    EXPECT_TRUE(real_[order.service].ready);
    owe(HealthAnswered{order.service, !chance(3), "an answer"});
  }
  void act(const Replay& order) {
    const Real& real = real_[order.service];
    EXPECT_TRUE(real.ready && (real.healthy || !rules_of(order.service).policy.health));
    EXPECT_TRUE(rules_of(order.service).replay && rules_of(order.service).has_old);
    EXPECT_EQ(real.share, 0U);
    ReplayFigures figures;
    figures.healthy = 2;
    figures.broken = chance(12) ? 1 : 0;
    owe(Replayed{order.service, figures});
  }
  void act(const Mirror& order) {
    const Real& real = real_[order.service];
    EXPECT_TRUE(real.ready && (real.healthy || !rules_of(order.service).policy.health));
    EXPECT_TRUE(rules_of(order.service).mirror && rules_of(order.service).has_old);
    EXPECT_EQ(real.share, 0U);
    MirrorFigures figures;
    figures.requests = 2;
    figures.broken = chance(12) ? 1 : 0;
    owe(Mirrored{order.service, figures});
  }
  void act(const ApplyShare& order) {
    const bool back = is<TakingBack>(state_);
    std::set<std::string> services;
    for (const ServiceShare& share : order.shares) services.insert(share.service);
    EXPECT_EQ(services.size(), real_.size());
    EXPECT_EQ(order.shares.size(), real_.size());
    EXPECT_FALSE(recorded_);
    EXPECT_GE(order.order, order_);
    EXPECT_TRUE(back || order.order > order_);
    order_ = order.order;
    for (const ServiceShare& share : order.shares) {
      Real& real = real_[share.service];
      EXPECT_LE(share.candidate, 100U);  // the old one has the rest: never more than 100 in all
      EXPECT_TRUE(back || share.candidate > 0);
      if (!back) {
        EXPECT_GE(share.candidate, real.share);
        EXPECT_FALSE(replayed_badly_ || mirrored_badly_);
        EXPECT_TRUE(real.ready && (real.healthy || !rules_of(share.service).policy.health));
        EXPECT_TRUE(share.candidate == 100 || rules_of(share.service).has_old);
      } else if (share.candidate > 0) {  // covers for an old one that is not there
        EXPECT_FALSE(real.old_runs);
        EXPECT_TRUE(real.candidate_runs);
      }
      real.share = share.candidate;
    }
    owe(ShareApplied{order.order});
  }
  void act(const Measure& order) {
    for (const ServiceRules& service : rules_.services) {
      const auto requests = static_cast<std::uint64_t>(pick(2) * 1'000 + 1);
      const std::uint64_t errors = chance(40) ? requests : 0;
      const Milliseconds time{chance(10) ? 500 : 20};
      owe(Measured{service.name, order.since, window_of(requests, errors, time),
                   window_of(service.has_old ? 1'000 : 0, 0)});
    }
  }
  void act(const Promote& order) {
    EXPECT_EQ(order.services.size(), real_.size());
    EXPECT_FALSE(promote_asked_);
    promote_asked_ = true;
    for (const auto& [name, real] : real_) {
      EXPECT_EQ(real.share, 100U);
      EXPECT_TRUE(real.candidate_runs || crashed_late_);
    }
  }
  void act(const RetireOld& order) {
    EXPECT_TRUE(recorded_);
    for (const Retirement& one : order.services) EXPECT_TRUE(rules_of(one.service).has_old);
  }
  void act(const TakeBack& order) {
    EXPECT_FALSE(recorded_);
    EXPECT_EQ(order.services.size(), real_.size());
    taken_back_ = true;
    for (const std::string& service : order.restore) {
      EXPECT_TRUE(rules_of(service).has_old);
      if (!careless_ || chance(3)) owe(OldRestored{service});
    }
  }
  void act(const Discard&) { EXPECT_FALSE(started_); }
  void act(const Say& order) {
    const bool ends = std::holds_alternative<EndedPromoted>(order.progress) ||
                      std::holds_alternative<EndedTakenBack>(order.progress) ||
                      std::holds_alternative<EndedRefused>(order.progress);
    EXPECT_FALSE(ends && ended_);  // once, and as one of them
    ended_ = ended_ || ends;
  }

  // --- what happens ------------------------------------------------------------------------------

  void answer() {
    if (answers_.empty()) return;
    const auto index = pick(static_cast<int>(answers_.size()));
    const auto place = answers_.begin() + index;
    const Event event = *place;
    answers_.erase(place);
    if (careless_ && chance(8) && !std::holds_alternative<ShareApplied>(event)) return;  // lost
    deliver(event);
  }

  void deliver(const Event& event) {
    if (!std::holds_alternative<OldRestored>(event)) past_.push_back(event);
    if (const auto* ready = std::get_if<CandidateReady>(&event)) real_[ready->service].ready = true;
    if (const auto* health = std::get_if<HealthAnswered>(&event)) {
      real_[health->service].healthy = real_[health->service].healthy || health->ok;
    }
    if (const auto* restored = std::get_if<OldRestored>(&event); restored && !is_over(state_)) {
      real_[restored->service].old_runs = true;
    }
    if (const auto* replayed = std::get_if<Replayed>(&event)) {
      const auto* verifying = std::get_if<Verifying>(&state_.phase);
      const bool is_awaited = verifying && verifying->replaying.contains(replayed->service);
      replayed_badly_ = replayed_badly_ || (is_awaited && replayed->figures.broken > 0);
    }
    if (const auto* mirrored = std::get_if<Mirrored>(&event)) {
      const auto* verifying = std::get_if<Verifying>(&state_.phase);
      const bool is_awaited = verifying && verifying->mirroring.contains(mirrored->service);
      mirrored_badly_ = mirrored_badly_ || (is_awaited && mirrored->figures.broken > 0);
    }
    feed(event);
  }

  void record() {
    if (!is<Promoting>(state_)) return;
    if (!recorded_ && chance(4)) {
      feed(RecordFailed{"full"});
    } else {
      recorded_ = true;
      feed(Recorded{});
    }
  }

  void random_step() {
    switch (pick(12)) {
      case 0:
        return noise();
      case 1:
        return let_time_pass();
      case 2:
        return record();
      case 3:
        now_ += Milliseconds{pick(700)};
        return feed(Tick{});
      default:
        return answer();
    }
  }

  void let_time_pass() {
    if (const auto due = next_deadline(state_, rules_)) now_ = std::max(now_, *due);
    feed(Tick{});
  }

  // Crashes that are true; requests of people; answers that come twice, late, or of nobody.
  void noise() {
    const std::string name = some_name();
    switch (pick(17)) {
      case 13:  // what was said before is said again
        if (!past_.empty())
          feed(past_[static_cast<std::size_t>(pick(static_cast<int>(past_.size())))]);
        return;
      case 14:
        return feed(MemoryChecked{!chance(3), {2, 1}});
      case 15:
        if (is<Promoting>(state_)) return;  // record() tells it the truth
        return chance(2) ? feed(RecordFailed{"late"}) : feed(Recorded{});
      case 0:
        if (!real_[name].candidate_runs) return;
        real_[name].candidate_runs = false;
        crashed_late_ = crashed_late_ || is<Promoting>(state_);
        return feed(CandidateCrashed{name, "died"});
      case 1:
      case 2:
        if (!real_[name].old_runs || is_over(state_)) return;
        real_[name].old_runs = false;
        return feed(OldCrashed{name});
      case 3:
        if (real_[name].old_runs || !rules_of(name).has_old || held_.contains(name)) return;
        real_[name].old_runs = true;
        return feed(OldRestored{name});
      case 4:
        return feed(PauseAsked{});
      case 5:
      case 6:
        return feed(ResumeAsked{});
      case 7:
        return feed(PromoteAsked{});
      case 8:
        return chance(4) ? feed(AbortAsked{"ann", ""}) : feed(Tick{});
      case 9:
        return chance(4) ? feed(PusherLeft{}) : feed(Tick{});
      case 10:
        return feed(CandidateCrashed{"nobody", "died"});
      case 11:
        return feed(Measured{name, now_ - 1h, window_of(9, 9), Window{}});
      case 12:
        return feed(ShareApplied{static_cast<ShareOrder>(0)});
      default:
        return feed(LaidOut{});
    }
  }

  // Nothing comes any more but time and the two answers that the driver owes.
  void wind_down() {
    const TimePoint from = now_;
    for (int i = 0; i < 10'000 && !is_over(state_) && !failed(); ++i) {
      if (is<Promoting>(state_)) {
        record();
      } else if (const auto* back = std::get_if<TakingBack>(&state_.phase);
                 back && !back->applied) {
        feed(ShareApplied{back->order});
      } else {
        ASSERT_TRUE(next_deadline(state_, rules_)) << name_of(state_);
        let_time_pass();
      }
    }
    EXPECT_TRUE(is_over(state_)) << name_of(state_);
    EXPECT_LT(now_ - from, 3h);
    EXPECT_FALSE(next_deadline(state_, rules_));
  }

  // All that is owed comes, in its order, and nothing else: it takes no more than a look a second.
  void go_on_fairly() {
    if (state_.paused) feed(ResumeAsked{});
    int events = 0;
    for (; events < 2'000 && !is_over(state_) && !failed(); ++events) {
      if (is<Promoting>(state_)) {
        record();
      } else if (!answers_.empty()) {
        const Event next = answers_.front();
        answers_.erase(answers_.begin());
        deliver(next);
      } else {
        ASSERT_TRUE(next_deadline(state_, rules_)) << name_of(state_);
        let_time_pass();
      }
    }
    EXPECT_TRUE(is_over(state_)) << name_of(state_) << " after " << events;
    EXPECT_FALSE(next_deadline(state_, rules_));
  }

  void check_end() {
    EXPECT_EQ(is<Promoted>(state_), recorded_);
    EXPECT_FALSE(is<Refused>(state_) && started_);
    const auto* back = std::get_if<TakenBack>(&state_.phase);
    if (!back) return;
    EXPECT_TRUE(taken_back_);
    for (const auto& [name, real] : real_) {
      EXPECT_EQ(real.share, 0U);
      const bool missing = std::ranges::find(back->missing, name) != back->missing.end();
      EXPECT_EQ(missing, rules_of(name).has_old && !real.old_runs) << name;
    }
  }

  std::mt19937 random_;
  Seen& seen_;
  Rules rules_;
  RolloutState state_{};
  TimePoint now_{1h};
  std::map<std::string, Real> real_;
  std::set<std::string> held_;
  std::vector<Event> answers_;
  std::vector<Event> past_;  // that were given
  ShareOrder order_{};
  bool careless_ = false;  // loses answers
  bool quiet_ = false;
  bool started_ = false;
  bool promote_asked_ = false;
  bool recorded_ = false;
  bool taken_back_ = false;
  bool ended_ = false;
  bool crashed_late_ = false;
  bool replayed_badly_ = false;
  bool mirrored_badly_ = false;
  int kills_ = 0;
};

TEST(RolloutRandom, WhateverHappensItEndsAndOneOfTwoIsWhole) {
  std::map<std::string_view, int> ends;
  int kills = 0;
  Seen seen;
  for (unsigned seed = 0; seed < 5'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed, seen);
    world.run(20 + static_cast<int>(seed % 200));
    if (HasFailure()) return;
    ++ends[world.end()];
    kills += world.kills();
  }
  // All ends are reached often, or this test would not say much.
  EXPECT_GT(ends["promoted"], 200);
  EXPECT_GT(ends["taken_back"], 1'000);
  EXPECT_GT(ends["refused"], 500);
  EXPECT_GT(kills, 1'000);
  EXPECT_GT(seen.events.size(), 180);
  for (const auto& [flag, ever] : seen.flags) EXPECT_TRUE(ever) << flag;
}

}  // namespace
}  // namespace livefix::rollout
