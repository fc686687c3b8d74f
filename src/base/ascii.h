// Letters of protocols, whatever the locale says.
#pragma once

namespace livefix {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace livefix
