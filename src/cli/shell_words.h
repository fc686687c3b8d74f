// Words as a POSIX shell reads and writes them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace livefix::cli {

// `node server.js 'a b'`: what can be pasted into a shell to say `words`.
std::string shell_quoted(std::span<const std::string> words);

// The words of a simple command. Quotes are understood, expansions are not; it ends at the first
// `&&`, `||`, `;`, `|` or `&`. Good enough to look at the scripts of a package.json.
std::vector<std::string> shell_split(std::string_view line);

// The words of a command that is run as it is written, without a shell. What only a shell could
// do (`&&`, `$HOME`, `*.js`) is refused unless it is quoted, and so is a quote that does not end:
// passed on silently they would be arguments that nobody meant. `line` has at least one word.
Result<std::vector<std::string>> command_words(std::string_view line);

}  // namespace livefix::cli
