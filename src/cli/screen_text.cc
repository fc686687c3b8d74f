#include "cli/screen_text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/utf8.h"

namespace livefix::cli {
namespace {

constexpr std::string_view kEllipsis = "…";

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

// The blocks that matter: Unicode's tables have thousands of lines, and each of them a version.
constexpr std::array<Range, 11> kWide{{{0x1100, 0x115f},
                                       {0x2e80, 0x303e},
                                       {0x3041, 0x33ff},
                                       {0x3400, 0x4dbf},
                                       {0x4e00, 0x9fff},
                                       {0xa000, 0xa4cf},
                                       {0xac00, 0xd7a3},
                                       {0xf900, 0xfaff},
                                       {0xfe30, 0xfe6f},
                                       {0xff00, 0xff60},
                                       {0x1f300, 0x3fffd}}};
constexpr std::array<Range, 6> kCombining{{{0x300, 0x36f},
                                           {0x483, 0x489},
                                           {0x591, 0x5bd},
                                           {0x200b, 0x200d},
                                           {0x20d0, 0x20ff},
                                           {0xfe00, 0xfe0f}}};

template <std::size_t Size>
bool is_in(const std::array<Range, Size>& ranges, std::uint32_t value) {
  return std::ranges::any_of(
      ranges, [value](const Range& range) { return value >= range.first && value <= range.last; });
}

std::size_t width_of(std::uint32_t value) {
  if (is_in(kCombining, value)) return 0;
  return is_in(kWide, value) ? 2 : 1;
}

// The character at the front, which is taken away.
CodePoint take_character(std::string_view& text) {
  CodePoint one = decode_utf8(text);
  if (one.size == 0) one = {'?', 1};
  text.remove_prefix(one.size);
  return one;
}

std::string_view ascii_of(std::uint32_t value) {
  switch (value) {
    case U'·':
    case U'–':
    case U'—':
      return "-";
    case U'→':
      return ">";
    case U'…':
      return "~";
    case U'✓':
      return "+";
    case U'✗':
      return "x";
    default:
      return "?";
  }
}

}  // namespace

std::size_t screen_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) width += width_of(take_character(text).value);
  return width;
}

std::string fitted(std::string_view text, std::size_t width, bool at_the_right) {
  const std::size_t whole = screen_width(text);
  std::string shown;
  std::size_t used = 0;
  const std::size_t room = whole <= width ? width : std::max<std::size_t>(width, 1) - 1;
  for (auto rest = text; !rest.empty();) {
    const auto start = rest;
    const CodePoint one = take_character(rest);
    if (used + width_of(one.value) > room) break;
    used += width_of(one.value);
    shown += one.value == '\t' ? " " : start.substr(0, one.size);
  }
  if (whole > width && width > 0) {
    shown += kEllipsis;
    ++used;
  }
  const std::string blanks(width - std::min(used, width), ' ');
  return at_the_right ? blanks + shown : shown + blanks;
}

std::string ascii_text(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const auto one = take_character(text);
    if (one.value < 0x80) {
      shown += static_cast<char>(one.value);
    } else {
      shown += ascii_of(one.value);
    }
  }
  return shown;
}

}  // namespace livefix::cli
