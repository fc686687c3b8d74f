// One version of a service's code, as its generations run it: a commit, laid out in a directory of
// its own, or in development the tree as it was at a save. A plain value, safe to copy.
#pragma once

#include <cstdint>
#include <string>

namespace livefix {

struct Release {
  std::uint32_t number = 0;  // grows with each new one of the service; 0: none
  std::string name;          // as users read it: "7f3c2d1", "dev-3"
  std::string directory{};   // where build and program run, absolute; empty: the service's own

  // What tells one from another.
  bool is(const Release& other) const { return number == other.number; }
  explicit operator bool() const { return number != 0; }
};

// Of a saved tree, which has no name of its own.
inline Release saved_release(std::uint32_t number) {
  return {number, "dev-" + std::to_string(number)};
}

}  // namespace livefix
