// What the new and the old generation of a service did side by side in a rollout, as its gates saw
// it last: for the ledger (docs/ledger.md) and the control API, which write it alike. Pure.
#pragma once

#include <boost/json/fwd.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rollout/gates.h"

namespace livefix::control {

struct GenerationFigures {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;                        // of these
  std::optional<std::chrono::microseconds> p99{};  // nullopt: no answer was timed

  bool operator==(const GenerationFigures&) const = default;
};

struct RolloutFigures {
  std::string service;
  std::uint32_t percent = 0;  // of the traffic that the new one had
  GenerationFigures candidate;
  std::optional<GenerationFigures> old{};  // nullopt: it had no requests, or there is none

  bool operator==(const RolloutFigures&) const = default;
};

GenerationFigures figures_of(const rollout::Window& window);

boost::json::array figures_json(const std::vector<RolloutFigures>& figures);
// False: it is not what figures_json() makes.
bool read_figures(const boost::json::value& value, std::vector<RolloutFigures>& figures);

}  // namespace livefix::control
