#include "control/service_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "control/routing.h"
#include "control/service_step.h"

namespace livefix::control {
namespace {

constexpr std::string_view kBuildPrefix = "build ";
constexpr std::string_view kReleasePrefix = "dev-";

}  // namespace

Transition step(ServiceState state, const Event& event, const Policy& policy, TimePoint now) {
  Step step(std::move(state), policy, now);
  if (!std::holds_alternative<Finished>(step.state.task)) {
    std::visit([&](const auto& what) { step.on(what); }, event);
    step.settle();
  }
  return {std::move(step.state), std::move(step.actions)};
}

std::optional<TimePoint> next_deadline(const ServiceState& state, const Policy& policy) {
  std::optional<TimePoint> first;
  std::size_t draining_now = 0;
  const auto at = [&](TimePoint time) { first = first ? std::min(*first, time) : time; };
  const Timing& timing = policy.service.timing;
  for (const auto& [id, unit] : state.units) {
    if (const auto* draining = std::get_if<Draining>(&unit.phase)) {
      at(draining->since + timing.drain);
      ++draining_now;
    } else if (const auto* warm = std::get_if<Warm>(&unit.phase)) {
      at(warm->since + policy.warm);
    } else if (const auto* yielding = std::get_if<Yielding>(&unit.phase)) {
      at(next_yield(*yielding, policy));
    }
  }
  if (const auto* trying = std::get_if<Trying>(&state.task)) {
    if (const auto found = state.units.find(trying->candidate); found != state.units.end()) {
      // Once it is ready it can only be the number of draining generations that keeps it back,
      // and their end is an event.
      std::optional<TimePoint> later;
      if (!is_ready(state, found->second, TimePoint::min(), &later)) {
        if (!later) at(found->second.started + timing.ready);
        if (later && draining_now < policy.max_draining) at(*later);
      }
    }
  }
  if (const auto* backing_off = std::get_if<BackingOff>(&state.task)) at(backing_off->until);
  if (const auto* stopping = std::get_if<StoppingTraffic>(&state.task)) {
    at(stopping->since + timing.drain);
  }
  return first;
}

std::uint32_t share_left(TimePoint since, const Policy& policy, TimePoint now) {
  const Milliseconds all = policy.service.traffic.slow_start;
  const auto gone = std::chrono::duration_cast<Milliseconds>(now - since);
  if (gone >= all) return 0;
  const auto steps =
      std::clamp<std::int64_t>(gone.count() * kYieldSteps / all.count(), 1, kYieldSteps);
  return static_cast<std::uint32_t>(kFullWeight - steps * kFullWeight / kYieldSteps);
}

TimePoint yields_since(std::uint32_t share, const Policy& policy, TimePoint now) {
  return now - std::chrono::floor<Milliseconds>(policy.service.traffic.slow_start *
                                                double(kFullWeight - share) / double{kFullWeight});
}

TimePoint next_yield(const Yielding& yielding, const Policy& policy) {
  const auto steps = (kFullWeight - yielding.share) * kYieldSteps / kFullWeight + 1;
  const Milliseconds all = policy.service.traffic.slow_start;
  return yielding.since + std::chrono::ceil<Milliseconds>(all * steps / double{kYieldSteps});
}

std::string unit_label(const Release& release, bool builds) {
  return fmt::format("{}{}", builds ? kBuildPrefix : "", release.name);
}

std::optional<ParsedLabel> parse_label(std::string_view label, std::span<const Release> commits) {
  ParsedLabel parsed;
  if (label.starts_with(kBuildPrefix)) {
    parsed.builds = true;
    label.remove_prefix(kBuildPrefix.size());
  }
  if (const auto commit = std::ranges::find(commits, label, &Release::name);
      commit != commits.end()) {
    parsed.release = *commit;
    return parsed;
  }
  if (!label.starts_with(kReleasePrefix)) return std::nullopt;
  label.remove_prefix(kReleasePrefix.size());
  const char* end = label.data() + label.size();
  std::uint32_t release = 0;
  const auto result = std::from_chars(label.data(), end, release);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  parsed.release = saved_release(release);
  return parsed;
}

std::string build_output(const Policy& policy, const Release& release) {
  if (policy.runs_commits) {
    return fmt::format("{}/.livefix-{}", release.directory, policy.service.name);
  }
  return fmt::format("{}/{}", policy.build_directory, release.name);
}

bool is_ready(const ServiceState& state, const Generation& candidate, TimePoint now,
              std::optional<TimePoint>* later) {
  if (candidate.places.empty() || !candidate.first_listen) return false;
  const auto& places = candidate.places;
  if (!std::ranges::all_of(places, [](const Place& place) { return place.accepts; })) return false;
  const bool all_ports = std::ranges::all_of(state.served_ports, [&](std::uint16_t port) {
    return std::ranges::any_of(
        places, [&](const Place& place) { return place.where.requested.port == port; });
  });
  if (all_ports || now >= *candidate.first_listen + kPortsWait) return true;
  if (later) *later = *candidate.first_listen + kPortsWait;
  return false;
}

}  // namespace livefix::control
