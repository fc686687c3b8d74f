#include "cli/revision.h"

#include <algorithm>

namespace livefix::cli {

Result<std::string> parse_revision(std::string_view word) {
  const auto fits = [](unsigned char c) {
    return c > 0x20 && c < 0x7f &&
           std::string_view("#%&?\"\\").find(static_cast<char>(c)) == std::string_view::npos;
  };
  if (word.empty() || word.starts_with('-') || !std::ranges::all_of(word, fits)) {
    return fail("\"{}\" names no commit; write its id, or a branch that was pushed", word);
  }
  return std::string(word);
}

}  // namespace livefix::cli
