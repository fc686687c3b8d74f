// Where recorded requests are sent again: to a generation of their service, or to a program that
// somebody names by its URL. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace livefix::control {

enum class ReplayGeneration : std::uint8_t { live, candidate };

struct ReplayUrl {
  std::string host;  // a name, or an address without brackets
  std::uint16_t port = 80;
  std::string text;  // as it was given
};

using ReplayPlace = std::variant<ReplayGeneration, ReplayUrl>;

// "live" (also empty), "candidate", "http://127.0.0.1:3000". The error says what to write.
Result<ReplayPlace> parse_replay_place(std::string_view text);

}  // namespace livefix::control
