// Names for things that would otherwise be bare integers.
#pragma once

#include <cstdint>

namespace livefix {

// A unit is what the keeper runs and ends as one: a child, its descendants and their output.
// A generation is a unit that serves; a build is one that does not. Ids grow from 1 and are
// never used twice in the life of a keeper.
enum class UnitId : std::uint32_t {};

// Versions of the routing plan grow by one with each plan that control publishes.
enum class PlanVersion : std::uint64_t {};

constexpr std::uint32_t number(UnitId id) {
  return static_cast<std::uint32_t>(id);
}
constexpr std::uint64_t number(PlanVersion version) {
  return static_cast<std::uint64_t>(version);
}

}  // namespace livefix
