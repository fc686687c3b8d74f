#include "cli/count.h"

#include <charconv>

namespace livefix::cli {

Result<std::size_t> parse_count(std::string_view text, std::size_t least) {
  std::size_t count = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, count);
  if (parsed.ec != std::errc{} || parsed.ptr != end || count < least) {
    return fail("\"{}\" is no number from {} on", text, least);
  }
  return count;
}

}  // namespace livefix::cli
