// For tests: what a transition does, in words that a table can hold: the next phase where it is
// another one, then what of the state is another ("+paused", "-hurried"), then what is to be done,
// and what is said ("WasPaused").
//
// Every state is taken apart by its members: a new phase or member does not compile until it is
// named here.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <map>
#include <ranges>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/overloaded.h"
#include "rollout/rollout_machine.h"

namespace livefix::rollout {

// What of a state makes a difference, by name, and whether it is so.
using Flags = std::map<std::string_view, bool>;

inline Flags flags_of(const Phase& of_state) {
  return std::visit(
      overloaded{[](const Preparing& phase) -> Flags {
                   const auto& [since] = phase;
                   static_cast<void>(since);
                   return {};
                 },
                 [](const Building& phase) -> Flags {
                   const auto& [since, built] = phase;
                   static_cast<void>(since);
                   return {{"built", built.has_value()}};
                 },
                 [](const Starting& phase) -> Flags {
                   const auto& [since, awaited] = phase;
                   static_cast<void>(since);
                   return {{"others start", awaited.size() > 1}};
                 },
                 [](const Verifying& phase) -> Flags {
                   const auto& [since, unhealthy, replaying, mirroring, shown_until] = phase;
                   static_cast<void>(since);
                   bool again = false;
                   for (const auto& [last_answer, when] : unhealthy | std::views::values) {
                     static_cast<void>(last_answer);
                     again = again || when;
                   }
                   return {{"unhealthy", !unhealthy.empty()},
                           {"ill", again},
                           {"replaying", !replaying.empty()},
                           {"mirroring", !mirroring.empty()},
                           {"shown", shown_until.has_value()}};
                 },
                 [](const Shifting& phase) -> Flags {
                   const auto& [percent, stage] = phase;
                   const auto* is_baking = std::get_if<Baking>(&stage);
                   Flags flags{{"at 100 %", percent == 100}, {"baking", is_baking != nullptr}};
                   static_assert(std::variant_size_v<decltype(Shifting::stage)> == 2);
                   if (is_baking) {
                     const auto& [since, next_look, looks, second, waiting] = *is_baking;
                     static_cast<void>(since);
                     static_cast<void>(next_look);
                     flags["looked"] = !looks.empty();
                     flags["second"] = second;
                     flags["waiting"] = static_cast<bool>(waiting);
                   } else {
                     const auto& [since, order] = std::get<Moving>(stage);
                     static_cast<void>(since);
                     static_cast<void>(order);
                   }
                   return flags;
                 },
                 [](const Promoting& phase) -> Flags {
                   const auto& [since] = phase;
                   static_cast<void>(since);
                   return {};
                 },
                 [](const Promoted&) -> Flags {
                   static_assert(std::is_empty_v<Promoted>);
                   return {};
                 },
                 [](const TakingBack& phase) -> Flags {
                   const auto& [verdict, since, order, applied, again, restoring, covering,
                                missing] = phase;
                   static_cast<void>(verdict);
                   static_cast<void>(since);
                   static_cast<void>(order);
                   static_cast<void>(again);
                   return {{"applied", applied},
                           {"restoring", !restoring.empty()},
                           {"covering", !covering.empty()},
                           {"missing", !missing.empty()}};
                 },
                 [](const TakenBack& phase) -> Flags {
                   const auto& [verdict, missing] = phase;
                   static_cast<void>(verdict);
                   return {{"missing", !missing.empty()}};
                 },
                 [](const Refused& phase) -> Flags {
                   const auto& [verdict] = phase;
                   static_cast<void>(verdict);
                   return {};
                 }},
      of_state);
}

inline Flags flags_of(const RolloutState& state) {
  const auto& [phase, parts, begun, memory_known, short_of_memory, hurried, paused, last_order] =
      state;
  static_cast<void>(last_order);
  Flags flags = flags_of(phase);
  flags.insert({{"begun", begun},
                {"room known", memory_known},
                {"no room", short_of_memory},
                {"hurried", hurried},
                {"paused", paused.has_value()},
                {"held", false},
                {"takes all", false},
                {"old down", false},
                {"candidate died", false}});
  for (const Part& part : parts | std::views::values) {
    const auto& [held, takes_all, old_down, died] = part;
    flags["held"] |= held;
    flags["takes all"] |= takes_all;
    flags["old down"] |= old_down;
    flags["candidate died"] |= died;
  }
  return flags;
}

// The same of the rules, of any service.
inline Flags flags_of(const Rules& rules) {
  Flags flags;
  const auto see = [&flags](std::string_view name, bool is_so) {
    flags[name] = flags[name] || is_so;
  };
  for (const ServiceRules& service : rules.services) {
    const auto& [name, policy, has_old, hold, may_hold, replay, mirror] = service;
    const auto& [steps, bake, warm, max_error_rate, max_p99, little_traffic, patience, health, plan,
                 replays, preview] = policy;
    static_cast<void>(name);
    static_cast<void>(warm);            // of what is done, not of whether it is
    static_cast<void>(max_error_rate);  // gates_test.cc
    static_cast<void>(max_p99);
    static_cast<void>(patience);
    static_cast<void>(plan);  // become `hold`, `may_hold` and `replay`
    static_cast<void>(replays);
    see("a first release", !has_old);
    see("to be held", hold.has_value());
    see("never to be held", !may_hold);
    see("to be replayed", replay.has_value());
    see("to be mirrored", mirror.has_value());
    see("in steps", steps.size() > 1);
    see("with a bake", bake > Milliseconds{0});
    see("waits for traffic", little_traffic == LittleTraffic::wait);
    see("refuses little traffic", little_traffic == LittleTraffic::refuse);
    see("goes on without traffic", little_traffic == LittleTraffic::go_on);
    see("has a health check", health.has_value());
    see("to be shown", preview > Milliseconds{0});
  }
  see("several services", rules.services.size() > 1);
  return flags;
}

// --- what is to be done --------------------------------------------------------------------------

constexpr std::array kProgressNames{
    "LayOutBegan",    "BuildBegan",    "StartBegan",      "CandidateIsUp", "HealthPassed",
    "ReplayPassed",   "ReplayGivenUp", "MirrorPassed",    "MirrorGivenUp", "PreviewBegan",
    "ShareTaken",     "StepJudged",    "WaitsForTraffic", "LooksAgain",    "OldIsDown",
    "WasPaused",      "WasResumed",    "AbortIsLate",     "TakeBackBegan", "EndedPromoted",
    "EndedTakenBack", "EndedRefused"};
static_assert(kProgressNames.size() == std::variant_size_v<Progress>);

inline std::string text_of(const Action& action) {
  return std::visit(overloaded{[](const LayOut&) -> std::string { return "lay out"; },
                               [](const Build&) -> std::string { return "build"; },
                               [](const CheckMemory&) -> std::string { return "ask for memory"; },
                               [](const StartCandidates& order) {
                                 std::string text = "start";
                                 for (const CandidateOrder& one : order.candidates) {
                                   text += one.hold ? " held" : " beside";
                                 }
                                 return text;
                               },
                               [](const CheckHealth&) -> std::string { return "ask its health"; },
                               [](const Replay&) -> std::string { return "replay"; },
                               [](const Mirror&) -> std::string { return "mirror"; },
                               [](const ApplyShare& order) {
                                 std::string text = "share";
                                 for (const ServiceShare& one : order.shares) {
                                   text += fmt::format(" {}", one.candidate);
                                 }
                                 return text;
                               },
                               [](const Measure&) -> std::string { return "measure"; },
                               [](const Promote&) -> std::string { return "promote"; },
                               [](const RetireOld&) -> std::string { return "retire"; },
                               [](const TakeBack& order) {
                                 std::string text = "take back";
                                 for (const std::string& one : order.restore)
                                   text += ", restore " + one;
                                 return text;
                               },
                               [](const Discard&) -> std::string { return "discard"; },
                               [](const Say& order) {
                                 return std::string(kProgressNames.at(order.progress.index()));
                               }},
                    action);
}

inline constexpr std::string_view kIgnored = "ignored";

inline std::string outcome_of(const RolloutState& before, const Transition& after) {
  std::vector<std::string> parts;
  const bool stays = before.phase.index() == after.state.phase.index();
  if (!stays) parts.push_back(fmt::format("to {}", name_of(after.state)));
  const Flags had = flags_of(before);
  for (const auto& [name, is_so] : flags_of(after.state)) {
    const auto was = had.find(name);
    if (was != had.end() ? was->second == is_so : !is_so) continue;
    parts.push_back(fmt::format("{}{}", is_so ? '+' : '-', name));
  }
  for (const Action& action : after.actions) parts.push_back(text_of(action));
  if (parts.empty()) return before == after.state ? std::string(kIgnored) : "noted";
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace livefix::rollout
