// For tests: what several of them begin with.
#pragma once

#include <cstdint>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace livefix::observe {

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// As a mapping is: aligned, and all zero.
struct Memory {
  explicit Memory(std::size_t size) : words(size / 8) {}
  std::span<char> bytes() { return {reinterpret_cast<char*>(words.data()), words.size() * 8}; }
  std::vector<std::uint64_t> words;
};

}  // namespace livefix::observe
