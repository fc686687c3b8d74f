// Every event in every situation: what comes next, or that nothing does. A new phase or event does
// not compile until it has its place here.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "rollout/rollout_harness.h"

namespace livefix::rollout {
namespace {

using namespace std::chrono_literals;

template <class T, class Variant, std::size_t I = 0>
consteval std::size_t index_of() {
  if constexpr (std::is_same_v<T, std::variant_alternative_t<I, Variant>>) {
    return I;
  } else {
    return index_of<T, Variant, I + 1>();
  }
}

// The service has a health check, an old generation, and something recorded.
struct Situation {
  std::string_view name;
  std::size_t phase;
};
constexpr std::array kSituations{
    Situation{"preparing", index_of<Preparing, Phase>()},
    Situation{"building", index_of<Building, Phase>()},
    Situation{"built, memory asked", index_of<Building, Phase>()},
    Situation{"starting", index_of<Starting, Phase>()},
    Situation{"verifying", index_of<Verifying, Phase>()},
    Situation{"healthy, replaying", index_of<Verifying, Phase>()},
    Situation{"moving to 5 %", index_of<Shifting, Phase>()},
    Situation{"baking at 5 %", index_of<Shifting, Phase>()},
    Situation{"promoting", index_of<Promoting, Phase>()},
    Situation{"promoted", index_of<Promoted, Phase>()},
    Situation{"taking back", index_of<TakingBack, Phase>()},
    Situation{"taken back", index_of<TakenBack, Phase>()},
    Situation{"refused", index_of<Refused, Phase>()},
};

// One column a situation, in their order:
//   =  nothing changes and nothing is done      ~  the same phase; it is noted, or done
//   b building  s starting  v verifying  m shifting  p promoting  P promoted
//   t taking back  T taken back  R refused
struct Row {
  std::size_t event;
  std::string_view name;
  std::string_view next;
};
template <class E>
constexpr Row row(std::string_view name, std::string_view next) {
  return {index_of<E, Event>(), name, next};
}

constexpr std::array kTable{
    //                       prep  built verif move  promo tb
    //                       |build|start|repl |bake |Promoted refused
    row<LaidOut>("LaidOut", "b============"),
    row<LayOutFailed>("LayOutFailed", "R============"),
    row<Built>("Built", "=~==========="),
    row<BuildFailed>("BuildFailed", "=R==========="),
    row<MemoryChecked>("MemoryChecked, enough", "~~s=========="),
    row<MemoryChecked>("MemoryChecked, short", "~~sttttt====="),
    row<CandidateReady>("CandidateReady", "===v========="),
    row<CandidateFailed>("CandidateFailed", "===ttttt====="),
    row<CandidateCrashed>("CandidateCrashed", "===ttttt====="),
    row<HealthAnswered>("HealthAnswered, well", "====~========"),
    row<HealthAnswered>("HealthAnswered, ill", "====~========"),
    row<Replayed>("Replayed, well", "=====m======="),
    row<Replayed>("Replayed, ill", "=====t======="),
    row<Mirrored>("Mirrored", "============="),
    row<ShareApplied>("ShareApplied", "======~===T=="),
    row<Measured>("Measured, well", "=======~====="),
    row<Measured>("Measured, many errors", "=======t====="),
    row<OldCrashed>("OldCrashed", "~~~~~m~~~=~=="),
    row<OldRestored>("OldRestored", "============="),
    row<Recorded>("Recorded", "========P===="),
    row<RecordFailed>("RecordFailed", "========t===="),
    row<PauseAsked>("PauseAsked", "~~~~~~~~====="),
    row<ResumeAsked>("ResumeAsked", "============="),
    row<PromoteAsked>("PromoteAsked", "~~~~~m~~====="),
    row<AbortAsked>("AbortAsked", "RRRttttt~===="),
    row<PusherLeft>("PusherLeft", "RRRttttt====="),
    row<Tick>("Tick", "============="),
};

constexpr bool every_phase_has_a_column() {
  for (std::size_t phase = 0; phase < std::variant_size_v<Phase>; ++phase) {
    if (std::ranges::find(kSituations, phase, &Situation::phase) == kSituations.end()) return false;
  }
  return true;
}
constexpr bool every_event_has_a_row() {
  for (std::size_t event = 0; event < std::variant_size_v<Event>; ++event) {
    if (std::ranges::find(kTable, event, &Row::event) == kTable.end()) return false;
  }
  return true;
}
constexpr bool every_row_is_full() {
  return std::ranges::all_of(kTable, [](const Row& row) {
    return row.next.size() == kSituations.size() &&
           row.next.find_first_not_of("=~bsvmpPtTR") == std::string_view::npos;
  });
}
static_assert(every_phase_has_a_column());
static_assert(every_event_has_a_row());
static_assert(every_row_is_full());

Harness in(std::string_view situation) {
  ServiceRules rules = service_rules("shop");
  rules.policy.health = HealthCheck{"/healthz"};
  rules.replay = ReplaySpec{};
  Harness rollout(rules);
  if (situation == "preparing") return rollout;
  if (situation == "refused") {
    rollout.feed(LayOutFailed{"no space left"});
    return rollout;
  }
  rollout.feed(LaidOut{});
  if (situation == "building") return rollout;
  rollout.feed(Built{});
  if (situation == "built, memory asked") return rollout;
  rollout.feed(MemoryChecked{});
  if (situation == "starting") return rollout;
  rollout.feed(CandidateReady{"shop"});
  if (situation == "verifying") return rollout;
  if (situation == "promoting" || situation == "promoted") rollout.feed(PromoteAsked{});
  rollout.feed(HealthAnswered{"shop", true, "200"});
  if (situation == "healthy, replaying") return rollout;
  rollout.feed(Replayed{"shop", {}});
  if (situation == "moving to 5 %") return rollout;
  if (situation.starts_with("tak")) {
    rollout.feed(AbortAsked{"ann", ""});
    if (situation == "taking back") return rollout;
  }
  rollout.apply();
  if (situation == "promoted") rollout.feed(Recorded{});
  return rollout;
}

ReplayFigures broken_in(std::uint32_t count) {
  ReplayFigures figures;
  figures.healthy = 3;
  figures.broken = count;
  figures.unchanged = 3 - count;
  return figures;
}

Event sample(const Row& row, const Harness& rollout) {
  const bool bad =
      row.name.ends_with("short") || row.name.ends_with("ill") || row.name.ends_with("errors");
  switch (row.event) {
    case index_of<LaidOut, Event>():
      return LaidOut{};
    case index_of<LayOutFailed, Event>():
      return LayOutFailed{"no space left"};
    case index_of<Built, Event>():
      return Built{};
    case index_of<BuildFailed, Event>():
      return BuildFailed{"shop", "exited with 1"};
    case index_of<MemoryChecked, Event>():
      return MemoryChecked{!bad, {300, 100}};
    case index_of<CandidateReady, Event>():
      return CandidateReady{"shop"};
    case index_of<CandidateFailed, Event>():
      return CandidateFailed{"shop", "exited with 1"};
    case index_of<CandidateCrashed, Event>():
      return CandidateCrashed{"shop", "was killed by SIGSEGV"};
    case index_of<HealthAnswered, Event>():
      return HealthAnswered{"shop", !bad, "an answer"};
    case index_of<Replayed, Event>():
      return Replayed{"shop", broken_in(bad ? 1 : 0)};
    case index_of<Mirrored, Event>():
      return Mirrored{"shop", {}};
    case index_of<ShareApplied, Event>():
      return ShareApplied{rollout.state().last_order};
    case index_of<Measured, Event>():
      return Measured{"shop", rollout.now(), window_of(200, bad ? 100 : 0), window_of(2'000, 0)};
    case index_of<OldCrashed, Event>():
      return OldCrashed{"shop"};
    case index_of<OldRestored, Event>():
      return OldRestored{"shop"};
    case index_of<Recorded, Event>():
      return Recorded{};
    case index_of<RecordFailed, Event>():
      return RecordFailed{"disk full"};
    case index_of<PauseAsked, Event>():
      return PauseAsked{};
    case index_of<ResumeAsked, Event>():
      return ResumeAsked{};
    case index_of<PromoteAsked, Event>():
      return PromoteAsked{};
    case index_of<AbortAsked, Event>():
      return AbortAsked{"ann", "no"};
    case index_of<PusherLeft, Event>():
      return PusherLeft{};
    default:
      return Tick{};
  }
}

char letter_of(const RolloutState& state) {
  constexpr std::string_view kLetters = "xbsvmpPtTR";
  static_assert(kLetters.size() == std::variant_size_v<Phase>);
  return kLetters[state.phase.index()];
}

TEST(RolloutTable, SituationsAreWhatTheirNamesSay) {
  for (const Situation& situation : kSituations) {
    EXPECT_EQ(in(situation.name).state().phase.index(), situation.phase) << situation.name;
  }
  EXPECT_FALSE(in("moving to 5 %").is_baking());
  EXPECT_TRUE(in("baking at 5 %").is_baking());
}

TEST(RolloutTable, EveryEventInEverySituation) {
  for (const Row& row : kTable) {
    for (std::size_t column = 0; column < kSituations.size(); ++column) {
      SCOPED_TRACE(std::string(row.name) + " while " + std::string(kSituations[column].name));
      const Harness before = in(kSituations[column].name);
      const Event event = sample(row, before);
      ASSERT_EQ(event.index(), row.event);
      const Transition after = step(before.state(), event, before.rules(), before.now());
      const bool unchanged = after.state == before.state() && after.actions.empty();
      const bool stays = after.state.phase.index() == before.state().phase.index();
      const char found = unchanged ? '=' : stays ? '~' : letter_of(after.state);
      EXPECT_EQ(found, row.next[column]);
    }
  }
}

TEST(RolloutTable, WhatIsNotOverHasADeadlineOrIsOwedAnAnswer) {
  for (const Situation& situation : kSituations) {
    const Harness rollout = in(situation.name);
    const bool owed = is<Promoting>(rollout.state());
    EXPECT_EQ(next_deadline(rollout.state(), rollout.rules()).has_value(),
              !owed && !is_over(rollout.state()))
        << situation.name;
  }
}

}  // namespace
}  // namespace livefix::rollout
