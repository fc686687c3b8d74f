// What does not change while a rollout is under way: its services with their policies, and how
// long the driver's answers may take. Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/mirror_spec.h"
#include "model/replay_spec.h"
#include "model/rollout_policy.h"

namespace livefix::rollout {

// Why a service cannot have two generations at once.
enum class HoldReason : std::uint8_t { memory, fixed_port, asked };

struct ServiceRules {
  std::string name;
  RolloutPolicy policy;
  bool has_old = true;                 // false: a first release
  std::optional<HoldReason> hold{};    // known before the rollout begins
  bool may_hold = true;                // where memory turns out to be short
  std::optional<ReplaySpec> replay{};  // what was recorded is sent to it, where there is anything
  std::optional<MirrorSpec> mirror{};  // live requests are sent to it, too
};

// When the machine stops waiting. The driver has limits of its own, which are shorter and say more
// (the ready time of a service, its build time); these see to it that every rollout ends.
struct Limits {
  Milliseconds lay_out{120'000};
  Milliseconds build{1'800'000};
  Milliseconds memory{10'000};  // then it is taken to be enough
  Milliseconds start{120'000};  // of all candidates; with hold, the end of the old ones, too
  Milliseconds share{15'000};   // until the proxy uses new weights
  Milliseconds figures{15'000};
  Milliseconds replay{5'000};     // beyond its own time; then it goes on without. Of mirroring, too
  Milliseconds restore{120'000};  // of old generations that do not run
  Milliseconds pause{3'600'000};  // then it is taken back: a pusher waits
};

struct Rules {
  std::vector<ServiceRules> services;  // at least one, each name once; all go live together
  Limits limits;
};

}  // namespace livefix::rollout
