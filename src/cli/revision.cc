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

Result<std::string> commit_target(std::string_view path, const std::vector<std::string>& words,
                                  std::string_view command) {
  if (words.empty()) return std::string(path);
  if (words.size() > 1) return fail("{} takes one commit", command);
  const auto revision = parse_revision(words.front());
  if (!revision) return std::unexpected(revision.error());
  return fmt::format("{}?commit={}", path, *revision);
}

}  // namespace livefix::cli
