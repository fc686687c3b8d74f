// What the driver knows of the rollout that is under way. Internal to rollout_driver.cc and
// rollout_actions.cc.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "control/mirror_trial.h"
#include "control/replay_trial.h"
#include "control/rollout_driver.h"
#include "control/route_windows.h"

namespace livefix::control {

// What a service does in the rollout.
struct RolloutDriver::Part {
  ServiceWorld* world = nullptr;
  UnitId candidate{};
  UnitId old{};
  std::string old_release{};
  bool candidate_ready = false;
  bool waits_for_share = false;
  bool waits_for_build = false;
  bool waits_for_old = false;
  std::uint32_t share = 0;
  std::uint32_t counted_share = 0;  // of the count that goes on, or did last
  GenerationWindows windows{};
  std::optional<RouteTraffic> route_traffic{};  // where routes are counted
  RouteWindows routes{};
  std::optional<RolloutFigures> figures{};  // of the last step that had any requests
  std::unique_ptr<ReplayTrial> trial{};
  std::unique_ptr<MirrorTrial> mirror{};

  struct RoutesOfBoth {
    RouteTotals candidate;
    RouteTotals old;
  };
  RoutesOfBoth read_routes() {
    if (!route_traffic) return {};
    std::vector<UnitId> generations;
    for (const UnitId one : {candidate, old}) {
      if (one != UnitId{}) generations.push_back(one);
    }
    const std::vector<RouteCount> counts = route_traffic->of(generations);
    return {totals_of(counts, candidate), totals_of(counts, old)};
  }
};

struct RolloutDriver::Current {
  std::uint32_t id = 0;
  ExaminedPush push;
  RefUpdate update;
  std::optional<releases::Quarantine> quarantine;
  Artifacts artifacts;
  std::string who;
  ApiReply reply;
  TimePoint began;
  rollout::Rules rules;
  rollout::RolloutState state;
  std::string_view phase{};                // the name of its phase
  std::optional<ReleaseRecord> release{};  // once it is laid out
  bool was_built = false;                  // before this rollout: other services may run in it
  bool carries_files = false;              // from the release before
  std::map<std::string, Part> parts{};
  std::optional<rollout::ShareOrder> share_order{};
  std::optional<TimePoint> counted_since{};
  TimePoint build_began{};
  TimePoint start_began{};
  std::vector<std::string> details{};  // what a program that failed said last
  std::string message{};               // the last sentence of whoever pushed
  std::string outcome = "promoted";    // or as it ended
  std::string gate{};

  // Of the services that had any.
  std::vector<RolloutFigures> figures() const {
    std::vector<RolloutFigures> all;
    for (const Part& part : parts | std::views::values) {
      if (part.figures) all.push_back(*part.figures);
    }
    return all;
  }
  const std::string& commit() const { return push.commit.id.hex(); }
  bool builds() const {
    return std::ranges::any_of(parts | std::views::values, [](const Part& part) {
      return part.world->spec().build.has_value();
    });
  }
  std::string name() const {
    const std::string digest = artifacts_digest(artifacts);
    return fmt::format("{}{}{}", push.commit.id.short_hex(), digest.empty() ? "" : "-", digest);
  }
};

}  // namespace livefix::control
