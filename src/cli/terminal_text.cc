#include "cli/terminal_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace livefix::cli {
namespace {

constexpr std::string_view kReset = "\x1b[0m";
constexpr std::size_t kLongestColour = 64;  // bytes

// The size of a sequence at the front that sets colours; 0: there is none. ECMA-48 section 8.3.117.
std::size_t colour_size(std::string_view text) {
  if (!text.starts_with("\x1b[")) return 0;
  const auto end = text.substr(0, kLongestColour).find_first_not_of("0123456789;:", 2);
  return end != std::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

// Unicode's formatting characters of direction, and its own ends of lines and paragraphs.
bool moves_text(std::uint32_t value) {
  return value == 0x61c || value == 0x200e || value == 0x200f ||
         (value >= 0x2028 && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069);
}

void append_character(std::string& shown, std::string_view bytes, std::uint32_t value) {
  const bool is_c0 = (value < 0x20 && value != '\t') || value == 0x7f;
  const bool is_c1 = value >= 0x80 && value < 0xa0;
  if (is_c0) {
    shown.append({'^', static_cast<char>(value ^ 0x40U)});
  } else if (is_c1 || moves_text(value)) {
    shown += fmt::format("<U+{:04X}>", value);
  } else {
    shown.append(bytes);
  }
}

std::string_view colour_of(std::string_view line) {
  if (line.starts_with("@@")) return "\x1b[36m";
  if (line.starts_with("diff --git ") || line.starts_with("index ") || line.starts_with("--- ") ||
      line.starts_with("+++ ")) {
    return "\x1b[1m";
  }
  if (line.starts_with('+')) return "\x1b[32m";
  if (line.starts_with('-')) return "\x1b[31m";
  return {};
}

}  // namespace

std::string terminal_text(std::string_view line, Colours colours) {
  std::string shown;
  bool coloured = false;
  while (!line.empty()) {
    if (const auto size = colours == Colours::kept ? colour_size(line) : 0; size > 0) {
      shown.append(line.substr(0, size));
      coloured = true;
      line.remove_prefix(size);
      continue;
    }
    const auto [value, size] = decode_utf8(line);
    if (size == 0) {
      shown += "\xef\xbf\xbd";
    } else {
      append_character(shown, line.substr(0, size), value);
    }
    line.remove_prefix(std::max<std::size_t>(size, 1));
  }
  if (coloured) shown += kReset;
  return shown;
}

std::string terminal_lines(std::string_view text, Colours colours) {
  std::string shown;
  while (true) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    shown += terminal_text(line, colours);
    if (end == std::string_view::npos) return shown;
    shown += '\n';
    text.remove_prefix(end + 1);
  }
}

std::string terminal_patch(std::string_view patch, bool colour) {
  std::string shown;
  while (!patch.empty()) {
    const auto line = patch.substr(0, patch.find('\n'));
    patch.remove_prefix(std::min(line.size() + 1, patch.size()));
    const auto paint = colour ? colour_of(line) : std::string_view();
    shown.append(paint).append(terminal_text(line));
    if (!paint.empty()) shown += kReset;
    shown += '\n';
  }
  return shown;
}

}  // namespace livefix::cli
