// A TCP port in decimal.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/characters.h"

namespace livefix::http {

// 0 to 65535, as programs write it: digits only, none of them a leading zero, which some would
// read as octal. nullopt for anything else.
constexpr std::optional<std::uint16_t> parse_port(std::string_view digits) {
  if (digits.empty() || digits.size() > 5) return std::nullopt;
  if (digits.front() == '0' && digits.size() > 1) return std::nullopt;
  std::uint32_t port = 0;
  for (const char digit : digits) {
    if (!is_digit(digit)) return std::nullopt;
    port = port * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  if (port > 65'535) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

}  // namespace livefix::http
