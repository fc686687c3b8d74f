// What somebody may have meant who mistyped a name.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace livefix::cli {

// Insertions, deletions, replacements and swaps of neighbours that turn one into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The name nearest to `typed`, if it is near enough to be meant: one slip for short names, two
// from five letters on, three from nine on. Of equally near ones, the first that has the same
// first letter, else the first.
std::optional<std::string> nearest_name(std::string_view typed, std::span<const std::string> names);

}  // namespace livefix::cli
