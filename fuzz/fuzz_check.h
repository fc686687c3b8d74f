// What a fuzz target claims about its input, also in builds without assert.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

inline void check(bool holds) {
  if (!holds) __builtin_trap();
}

inline std::string_view view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}
