// UTF-8 as RFC 3629 has it: the shortest form only, no surrogates, nothing beyond U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace livefix {

struct CodePoint {
  std::uint32_t value = 0;
  std::size_t size = 0;  // in bytes
};

// The one at the front of `text`, which is not empty; of size 0 when there is none.
CodePoint decode_utf8(std::string_view text);

// `text` with every byte that is not UTF-8 replaced by U+FFFD, as JSON asks (RFC 8259 section 8.1).
std::string valid_utf8(std::string_view text);

}  // namespace livefix
