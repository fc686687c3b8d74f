#include "observe/output_line.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "base/utf8.h"
#include "http/characters.h"

namespace livefix::observe {
namespace {

// C1, and Unicode's bidirectional formatting characters.
bool is_unruly(std::uint32_t value) {
  return (value >= 0x80 && value < 0xa0) || value == 0x061c || value == 0x200e || value == 0x200f ||
         (value >= 0x2028 && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069);
}

}  // namespace

std::string plain(std::string_view line) {
  std::string text;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\x1b' && at + 1 < line.size() && line[at + 1] == '[') {
      at += 2;
      while (at < line.size() && (line[at] < '@' || line[at] > '~')) ++at;
    } else if (line[at] != '\r') {
      text.push_back(line[at]);
    }
  }
  return text;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) {
    text.remove_prefix(1);
  }
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
  }
  return text;
}

std::string printable(std::string_view text, std::size_t most) {
  std::string shown;
  while (!text.empty()) {
    const CodePoint point = decode_utf8(text);
    const std::size_t size = std::max<std::size_t>(point.size, 1);
    std::string_view piece = text.substr(0, size);
    if (point.size == 0 || is_unruly(point.value)) {
      piece = "\xef\xbf\xbd";
    } else if (point.value < 0x20 || point.value == 0x7f) {
      piece = " ";
    }
    if (shown.size() + piece.size() > most) return shown += "...";
    shown += piece;
    text.remove_prefix(size);
  }
  return shown;
}

std::optional<Place> parse_place(std::string_view text) {
  if (text.starts_with("file://")) text.remove_prefix(7);
  std::string_view last_number;
  for (int numbers = 0; numbers < 2; ++numbers) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon + 1 == text.size()) break;
    const auto number = text.substr(colon + 1);
    if (!std::ranges::all_of(number, http::is_digit)) break;
    last_number = number;
    text = text.substr(0, colon);
  }
  if (last_number.empty() || text.empty() || text.find('.') == std::string_view::npos) {
    return std::nullopt;
  }
  return Place{std::string(text), std::string(last_number)};
}

}  // namespace livefix::observe
