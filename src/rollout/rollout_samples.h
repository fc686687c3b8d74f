// For tests: each thing that a rollout can be told, as the tables call it: "Built", or with what it
// says where that makes a difference, "Replayed(broken)". A new event does not compile until it is
// here, and then needs a row in every situation.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "rollout/rollout_harness.h"

namespace livefix::rollout::sample {

template <class T, class Variant, std::size_t I = 0>
consteval std::size_t index_of() {
  if constexpr (std::is_same_v<T, std::variant_alternative_t<I, Variant>>) {
    return I;
  } else {
    return index_of<T, Variant, I + 1>();
  }
}

using Told = const Harness&;
using Of = const std::string&;  // the service that the event is about

struct Sample {
  std::string_view name;
  std::size_t event;
  Event (*make)(Told rollout, Of service);
};
template <class E>
constexpr Sample sample(std::string_view name, Event (*make)(Told, Of)) {
  return {name, index_of<E, Event>(), make};
}

inline Event replayed(Of service, std::uint32_t broken) {
  ReplayFigures figures;
  figures.healthy = 3;
  figures.broken = broken;
  return Replayed{service, figures};
}
inline Event mirrored(Of service, std::uint32_t broken) {
  MirrorFigures figures;
  figures.requests = 3;
  figures.broken = broken;
  return Mirrored{service, figures};
}
inline Event measured(Told rollout, Of service, const Window& candidate,
                      Milliseconds earlier = Milliseconds{0}) {
  const auto* shifting = std::get_if<Shifting>(&rollout.state().phase);
  const auto* baking = shifting ? std::get_if<Baking>(&shifting->stage) : nullptr;
  const TimePoint since = baking ? baking->since : rollout.now();
  return Measured{service, since - earlier, candidate, window_of(10'000, 0)};
}
inline Event share_applied(Told rollout, std::uint32_t before) {
  const auto last = static_cast<std::uint32_t>(rollout.state().last_order);
  return ShareApplied{static_cast<ShareOrder>(last - before)};
}

// "early": nothing is due. "due": what is due next. "day": long after all that may be waited for.
inline constexpr std::array kSamples{
    sample<LaidOut>("LaidOut", [](Told, Of) -> Event { return LaidOut{}; }),
    sample<LayOutFailed>("LayOutFailed", [](Told, Of) -> Event { return LayOutFailed{"full"}; }),
    sample<Built>("Built", [](Told, Of) -> Event { return Built{}; }),
    sample<BuildFailed>("BuildFailed", [](Told, Of of) -> Event { return BuildFailed{of, "no"}; }),
    sample<MemoryChecked>("MemoryChecked(enough)",
                          [](Told, Of) -> Event { return MemoryChecked{}; }),
    sample<MemoryChecked>("MemoryChecked(short)",
                          [](Told, Of) -> Event { return MemoryChecked{false, {300, 100}}; }),
    sample<CandidateReady>("CandidateReady",
                           [](Told, Of of) -> Event { return CandidateReady{of}; }),
    sample<CandidateFailed>(
        "CandidateFailed",
        [](Told, Of of) -> Event { return CandidateFailed{of, "exited with 1"}; }),
    sample<CandidateCrashed>("CandidateCrashed",
                             [](Told, Of of) -> Event { return CandidateCrashed{of, "died"}; }),
    sample<HealthAnswered>("HealthAnswered(well)",
                           [](Told, Of of) -> Event { return HealthAnswered{of, true, "200"}; }),
    sample<HealthAnswered>("HealthAnswered(ill)",
                           [](Told, Of of) -> Event { return HealthAnswered{of, false, "503"}; }),
    sample<Replayed>("Replayed(well)", [](Told, Of of) { return replayed(of, 0); }),
    sample<Replayed>("Replayed(nothing)", [](Told, Of of) -> Event { return Replayed{of, {}}; }),
    sample<Replayed>("Replayed(broken)", [](Told, Of of) { return replayed(of, 1); }),
    sample<Mirrored>("Mirrored(well)", [](Told, Of of) { return mirrored(of, 0); }),
    sample<Mirrored>("Mirrored(broken)", [](Told, Of of) { return mirrored(of, 1); }),
    sample<ShareApplied>("ShareApplied(awaited)",
                         [](Told rollout, Of) { return share_applied(rollout, 0); }),
    sample<ShareApplied>("ShareApplied(late)",
                         [](Told rollout, Of) { return share_applied(rollout, 1); }),
    sample<Measured>(
        "Measured(well)",
        [](Told rollout, Of of) { return measured(rollout, of, window_of(1'000, 0)); }),
    sample<Measured>("Measured(few)",
                     [](Told rollout, Of of) { return measured(rollout, of, window_of(3, 0)); }),
    sample<Measured>("Measured(slow)",
                     [](Told rollout, Of of) {
                       return measured(rollout, of, window_of(200, 0, Milliseconds{200}));
                     }),
    sample<Measured>(
        "Measured(errors)",
        [](Told rollout, Of of) { return measured(rollout, of, window_of(200, 100)); }),
    sample<Measured>("Measured(outdated)",
                     [](Told rollout, Of of) {
                       return measured(rollout, of, window_of(200, 100), Milliseconds{1'000});
                     }),
    sample<OldCrashed>("OldCrashed", [](Told, Of of) -> Event { return OldCrashed{of}; }),
    sample<OldRestored>("OldRestored", [](Told, Of of) -> Event { return OldRestored{of}; }),
    sample<Recorded>("Recorded", [](Told, Of) -> Event { return Recorded{}; }),
    sample<RecordFailed>("RecordFailed", [](Told, Of) -> Event { return RecordFailed{"full"}; }),
    sample<PauseAsked>("PauseAsked", [](Told, Of) -> Event { return PauseAsked{}; }),
    sample<ResumeAsked>("ResumeAsked", [](Told, Of) -> Event { return ResumeAsked{}; }),
    sample<PromoteAsked>("PromoteAsked", [](Told, Of) -> Event { return PromoteAsked{}; }),
    sample<AbortAsked>("AbortAsked", [](Told, Of) -> Event { return AbortAsked{"ann", "no"}; }),
    sample<PusherLeft>("PusherLeft", [](Told, Of) -> Event { return PusherLeft{}; }),
    sample<Tick>("Tick(early)", [](Told, Of) -> Event { return Tick{}; }),
    sample<Tick>("Tick(due)", [](Told, Of) -> Event { return Tick{}; }),
    sample<Tick>("Tick(day)", [](Told, Of) -> Event { return Tick{}; }),
};

inline TimePoint time_of(const Sample& one, Told rollout) {
  const TimePoint now = rollout.now();
  if (one.name == "Tick(due)") return next_deadline(rollout.state(), rollout.rules()).value_or(now);
  if (one.name == "Tick(day)") return now + std::chrono::hours{24};
  return now;
}

constexpr bool every_event_has_a_sample() {
  std::array<bool, std::variant_size_v<Event>> found{};
  for (const Sample& one : kSamples) found[one.event] = true;
  for (const bool is_there : found) {
    if (!is_there) return false;
  }
  return true;
}
static_assert(every_event_has_a_sample());

}  // namespace livefix::rollout::sample
