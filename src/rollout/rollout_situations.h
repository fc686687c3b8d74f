// For tests: each situation that a rollout can be in, by what has happened to it. The tables
// (rollout_tables.h) say what each event does there. A new one is a line here and a block there.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "rollout/rollout_harness.h"

namespace livefix::rollout::situation {

// --- the way there -------------------------------------------------------------------------------

enum class Until : std::uint8_t {
  preparing,
  building,
  memory,
  starting,
  health,
  replaying,
  mirroring,
  proven,  // or shown to a person
  moving,
  baking,
  over,  // the bake is, and its last figures are awaited
};

using enum Until;

inline Harness after(Harness rollout, std::initializer_list<Event> events) {
  for (const Event& event : events) rollout.feed(event);
  return rollout;
}

inline Harness until(Until place, Rules rules) {
  Harness rollout(std::move(rules));
  const auto arrives = [&](Until here) { return place == here; };
  const auto of_each = [&](auto event_of) {
    for (const ServiceRules& service : rollout.rules().services)
      rollout.feed(event_of(service.name));
  };
  if (arrives(preparing)) return rollout;
  rollout.feed(LaidOut{});
  if (arrives(building)) return rollout;
  rollout.feed(Built{});
  if (arrives(memory)) return rollout;
  rollout.feed(MemoryChecked{});
  if (arrives(starting)) return rollout;
  of_each([](const std::string& name) { return CandidateReady{name}; });
  if (arrives(health)) return rollout;
  of_each([](const std::string& name) { return HealthAnswered{name, true, "200"}; });
  if (arrives(replaying)) return rollout;
  of_each([](const std::string& name) { return Replayed{name, {}}; });
  if (arrives(mirroring)) return rollout;
  of_each([](const std::string& name) { return Mirrored{name, {}}; });
  if (arrives(proven)) return rollout;
  if (is_shown(rollout.state())) rollout.feed(ResumeAsked{});
  if (arrives(moving)) return rollout;
  rollout.apply();
  if (arrives(baking)) return rollout;
  rollout.pass(Milliseconds{9'500});
  rollout.answers = false;
  rollout.pass(Milliseconds{500});
  return rollout;
}

// --- services ------------------------------------------------------------------------------------

// Whatever can be asked for before it has traffic is.
inline ServiceRules careful(std::string name = "shop") {
  ServiceRules rules = service_rules(std::move(name));
  rules.policy.health = HealthCheck{"/healthz"};
  rules.replay = ReplaySpec{};
  rules.mirror = MirrorSpec{};
  rules.policy.preview = std::chrono::minutes{10};
  return rules;
}
inline ServiceRules unseen(std::string name = "shop") {
  ServiceRules rules = careful(std::move(name));
  rules.policy.preview = Milliseconds{0};
  return rules;
}
// Without bake, too.
inline ServiceRules careless() {
  ServiceRules rules = service_rules("shop");
  rules.policy.bake = Milliseconds{0};
  return rules;
}
inline ServiceRules only_mirrored() {
  ServiceRules rules = service_rules("shop");
  rules.mirror = MirrorSpec{};
  return rules;
}
inline ServiceRules first_release() {
  ServiceRules rules = careful();
  rules.has_old = false;
  return rules;
}
inline ServiceRules held(std::string name = "shop") {
  ServiceRules rules = careful(std::move(name));
  rules.hold = HoldReason::asked;
  return rules;
}
inline ServiceRules never_held() {
  ServiceRules rules = careful();
  rules.may_hold = false;
  return rules;
}
inline ServiceRules with_little(LittleTraffic little) {
  ServiceRules rules = unseen();
  rules.policy.little_traffic = little;
  return rules;
}

inline Harness alone(Until place, ServiceRules service = careful()) {
  return until(place, Rules{{std::move(service)}, {}});
}
inline Harness paused(Until place, ServiceRules service = careful()) {
  return after(alone(place, std::move(service)), {PauseAsked{}});
}
inline Harness hurried(Until place) {
  return after(alone(place), {PromoteAsked{}});
}
inline Harness old_crashed(Until place, ServiceRules service = careful()) {
  return after(alone(place, std::move(service)), {OldCrashed{"shop"}});
}
inline Harness two(Until place, ServiceRules shop = unseen("shop"),
                   ServiceRules cart = unseen("cart")) {
  return until(place, Rules{{std::move(shop), std::move(cart)}, {}});
}
inline Harness little(LittleTraffic policy) {
  return alone(over, with_little(policy));
}
// The whole way to a place at 100 %.
inline Harness at_last_step(Until place, ServiceRules service = unseen()) {
  service.policy.steps = {100};
  return alone(place, std::move(service));
}
inline Harness promoting(ServiceRules service = unseen()) {
  return after(at_last_step(baking, std::move(service)), {PromoteAsked{}});
}
inline Harness aborted(Harness rollout) {
  return after(std::move(rollout), {AbortAsked{"ann", ""}});
}
inline Harness acknowledged(Harness rollout) {
  rollout.apply();
  return rollout;
}
inline Harness later(Harness rollout, Milliseconds time) {
  rollout.pass(time);
  return rollout;
}
// A step that was slow and is counted anew; that is over, too.
inline Harness slow_once() {
  Harness rollout = alone(baking, unseen());
  rollout.candidate = window_of(200, 0, Milliseconds{200});
  rollout.pass(Milliseconds{19'500});
  rollout.answers = false;
  rollout.pass(Milliseconds{500});
  return rollout;
}
// With what it waited for.
inline Harness answered(Harness rollout, std::uint64_t requests = 1'000) {
  rollout.answers = true;
  rollout.candidate = window_of(requests, 0);
  rollout.pass(Milliseconds{1'000});
  rollout.answers = false;
  return rollout;
}
inline Harness waiting(Harness rollout) {
  return answered(std::move(rollout), 3);
}
inline Harness paused_waiting() {
  return after(waiting(little(LittleTraffic::wait)), {PauseAsked{}});
}
inline Event ill() {
  return HealthAnswered{"shop", false, "503"};
}
inline Event good_figures(const Harness& rollout, const std::string& service) {
  const auto& baking = std::get<Baking>(std::get<Shifting>(rollout.state().phase).stage);
  return Measured{service, baking.since, window_of(1'000, 0), window_of(10'000, 0)};
}

// --- situations ----------------------------------------------------------------------------------

// `name` is what the tables call it. Events that name a service are about "shop".
struct Situation {
  std::string_view name;
  Harness (*reach)();
};

inline constexpr std::array kSituations{

    // On its way. The service wants whatever it can want.
    Situation{"preparing", [] { return alone(preparing); }},
    Situation{"building", [] { return alone(building); }},
    Situation{"memory", [] { return alone(memory); }},
    Situation{"starting", [] { return alone(starting); }},
    Situation{"health", [] { return alone(health); }},
    Situation{"ill", [] { return after(alone(health), {ill()}); }},
    Situation{"replaying", [] { return alone(replaying); }},
    Situation{"mirroring", [] { return alone(mirroring); }},
    Situation{"shown", [] { return alone(proven); }},
    Situation{"moving", [] { return alone(moving); }},
    Situation{"baking", [] { return alone(baking); }},

    // What is not asked for is left out; what was said of memory before it was asked counts.
    Situation{"plain", [] { return alone(starting, careless()); }},
    Situation{"unbaked", [] { return alone(moving, careless()); }},
    Situation{"mirror only", [] { return alone(starting, only_mirrored()); }},
    Situation{"room", [] { return after(alone(preparing), {MemoryChecked{}}); }},
    Situation{"no room", [] { return after(alone(building), {MemoryChecked{false, {}}}); }},
    Situation{"never held", [] { return alone(memory, never_held()); }},

    // To be promoted by hand: no more proofs, steps and bake.
    Situation{"hurried preparing", [] { return hurried(preparing); }},
    Situation{"hurried building", [] { return hurried(building); }},
    Situation{"hurried memory", [] { return hurried(memory); }},
    Situation{"hurried starting", [] { return hurried(starting); }},
    Situation{"hurried health", [] { return hurried(health); }},
    Situation{"hurried ill", [] { return after(hurried(health), {ill()}); }},
    Situation{"hurried moving", [] { return hurried(moving); }},

    // Paused by hand.
    Situation{"paused preparing", [] { return paused(preparing); }},
    Situation{"paused building", [] { return paused(building); }},
    Situation{"paused memory", [] { return paused(memory); }},
    Situation{"paused starting", [] { return paused(starting); }},
    Situation{"paused health", [] { return paused(health); }},
    Situation{"paused ill", [] { return after(paused(health), {ill()}); }},
    Situation{"paused replaying", [] { return paused(replaying); }},
    Situation{"paused mirroring", [] { return paused(mirroring); }},
    Situation{"paused shown", [] { return paused(proven); }},
    Situation{"paused proven",
              [] { return after(paused(mirroring, unseen()), {Mirrored{"shop", {}}}); }},
    Situation{"paused moving", [] { return paused(moving); }},
    Situation{"paused baking", [] { return paused(baking); }},
    Situation{"paused over", [] { return answered(paused(over)); }},
    Situation{"paused waiting", [] { return paused_waiting(); }},
    Situation{"paused at 100 %",
              [] { return acknowledged(after(hurried(moving), {PauseAsked{}})); }},

    // At the end of a step: its last figures are awaited.
    Situation{"over", [] { return alone(over); }},
    Situation{"slow", [] { return slow_once(); }},
    Situation{"wait", [] { return little(LittleTraffic::wait); }},
    Situation{"waiting", [] { return waiting(little(LittleTraffic::wait)); }},
    Situation{"refuse", [] { return little(LittleTraffic::refuse); }},
    Situation{"last", [] { return at_last_step(over); }},

    // Two services; events are about shop, shares in the order shop, cart.
    Situation{"two starting", [] { return two(starting); }},
    Situation{"two, shop starting", [] { return after(two(starting), {CandidateReady{"cart"}}); }},
    Situation{"two, cart starting", [] { return after(two(starting), {CandidateReady{"shop"}}); }},
    Situation{"two, shop ill",
              [] { return after(two(health), {HealthAnswered{"cart", true, "200"}}); }},
    Situation{"two moving", [] { return two(moving); }},
    Situation{"two over", [] { return two(over); }},
    Situation{"two, shop over", [] { return after(two(over), {good_figures(two(over), "cart")}); }},
    Situation{"two, cart crashed", [] { return after(two(baking), {OldCrashed{"cart"}}); }},
    Situation{"two, cart back",
              [] { return after(two(baking), {OldCrashed{"cart"}, OldRestored{"cart"}}); }},
    Situation{"two, cart held", [] { return two(replaying, unseen("shop"), held("cart")); }},

    // The old generation crashed.
    Situation{"crashed preparing", [] { return old_crashed(preparing); }},
    Situation{"crashed memory", [] { return old_crashed(memory); }},
    Situation{"crashed starting", [] { return old_crashed(starting); }},
    Situation{"crashed health", [] { return old_crashed(health); }},
    Situation{"crashed moving", [] { return old_crashed(moving); }},
    Situation{"crashed baking", [] { return acknowledged(old_crashed(baking)); }},
    Situation{"crashed, back",
              [] { return after(acknowledged(old_crashed(baking)), {OldRestored{"shop"}}); }},

    // There was none: a first release.
    Situation{"first preparing", [] { return alone(preparing, first_release()); }},
    Situation{"first memory", [] { return alone(memory, first_release()); }},
    Situation{"first starting", [] { return alone(starting, first_release()); }},
    Situation{"first health", [] { return alone(health, first_release()); }},
    Situation{"first paused",
              [] {
                return after(paused(health, first_release()),
                             {HealthAnswered{"shop", true, "200"}});
              }},
    Situation{"first baking", [] { return alone(baking, first_release()); }},
    Situation{"first back", [] { return aborted(alone(baking, first_release())); }},

    // Held and swapped: the old one is stopped before the candidate starts.
    Situation{"held preparing", [] { return alone(preparing, held()); }},
    Situation{"held memory", [] { return alone(memory, held()); }},
    Situation{"held starting", [] { return alone(starting, held()); }},
    Situation{"held by memory", [] { return after(alone(memory), {MemoryChecked{false, {}}}); }},
    Situation{"held health", [] { return alone(health, held()); }},
    Situation{"held paused", [] { return paused(health, held()); }},
    Situation{"held moving", [] { return alone(moving, held()); }},
    Situation{"held baking", [] { return alone(baking, held()); }},

    // Decided.
    Situation{"promoting", [] { return promoting(); }},
    Situation{"promoting, crashed", [] { return after(promoting(), {OldCrashed{"shop"}}); }},
    Situation{
        "promoting, died",
        [] { return after(promoting(), {OldCrashed{"shop"}, CandidateCrashed{"shop", "died"}}); }},
    Situation{"promoting held", [] { return promoting(held()); }},
    Situation{"promoting first", [] { return promoting(first_release()); }},
    Situation{"promoted", [] { return after(promoting(), {Recorded{}}); }},

    // Taking back.
    Situation{"back", [] { return aborted(alone(baking)); }},
    Situation{"restoring", [] { return aborted(alone(baking, held())); }},
    Situation{"restoring, shared", [] { return acknowledged(aborted(alone(baking, held()))); }},
    Situation{"covering", [] { return aborted(acknowledged(old_crashed(baking))); }},
    Situation{"covering, shared",
              [] { return acknowledged(aborted(acknowledged(old_crashed(baking)))); }},
    Situation{"missing",
              [] { return later(aborted(alone(baking, held())), std::chrono::minutes{2}); }},
    Situation{"two restoring",
              [] { return acknowledged(aborted(two(baking, held("shop"), held("cart")))); }},
    Situation{"taken back", [] { return acknowledged(aborted(alone(baking))); }},
    Situation{"taken back, missing",
              [] {
                return acknowledged(later(aborted(alone(baking, held())), std::chrono::minutes{2}));
              }},
    Situation{"refused", [] { return aborted(alone(preparing)); }},
};

}  // namespace livefix::rollout::situation
