// Letters of protocols, whatever the locale says.
#pragma once

namespace livefix {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_letter(char c) {
  return lower(c) >= 'a' && lower(c) <= 'z';
}

constexpr bool is_alphanumeric(char c) {
  return is_letter(c) || (c >= '0' && c <= '9');
}

}  // namespace livefix
