// Character classes of HTTP/1 (RFC 9110 section 5.6, RFC 9112) and comparisons that ignore the
// case of ASCII letters. Nothing here depends on the locale.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/ascii.h"

namespace livefix::http {

using CharacterTable = std::array<bool, 256>;

constexpr CharacterTable make_table(std::string_view members, bool alphanumeric) {
  CharacterTable table{};
  for (const char c : members) table[static_cast<unsigned char>(c)] = true;
  if (alphanumeric) {
    for (unsigned c = '0'; c <= '9'; ++c) table[c] = true;
    for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = table[c - 'a' + 'A'] = true;
  }
  return table;
}

inline constexpr CharacterTable kTokenTable = make_table("!#$%&'*+-.^_`|~", true);
// reg-name of RFC 3986 without percent, which is checked with its two digits.
inline constexpr CharacterTable kRegisteredNameTable = make_table("-._~!$&'()*+,;=", true);

constexpr bool is_token_character(char c) {
  return kTokenTable[static_cast<unsigned char>(c)];
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
// CTL of RFC 5234 without the tab, which field values may have.
constexpr bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

constexpr int hexadecimal_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// `lowercase` must be in lower case already.
constexpr bool equals_lowercase(std::string_view text, std::string_view lowercase) {
  if (text.size() != lowercase.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != lowercase[i]) return false;
  }
  return true;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

constexpr bool is_token(std::string_view text) {
  for (const char c : text) {
    if (!is_token_character(c)) return false;
  }
  return !text.empty();
}

constexpr std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// The offset of the first control byte (see is_control) at or after `from`, or text.size().
std::size_t find_control(std::string_view text, std::size_t from);

}  // namespace livefix::http
