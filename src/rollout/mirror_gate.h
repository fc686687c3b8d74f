// The gate between what was recorded and the first traffic: live requests are sent to the
// candidate, too, and their answers compared with those that the users got. It must answer where
// the old generation does; whether it has to answer the same, the service says. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/mirror_spec.h"

namespace livefix::rollout {

// Of one service. What a person reads in it is redacted.
struct MirrorFigures {
  static constexpr std::size_t kMostDifferences = 3;

  std::uint32_t requests = 0;  // that were compared
  std::uint32_t alike = 0;
  std::uint32_t differ = 0;
  std::vector<std::string> differences{};  // the first: "GET /cart/:id: $.total: 12 → 13"
  std::uint32_t broken = 0;                // the candidate fails where the old one does not
  std::string breaking{};                  // the first of them: "GET /cart/:id: 200 → 500"

  bool operator==(const MirrorFigures&) const = default;
};

enum class MirrorFault : std::uint8_t { breaks, differs };

// Nothing: it may have traffic.
std::optional<MirrorFault> judge(const MirrorFigures& figures, const MirrorSpec& spec);

}  // namespace livefix::rollout
