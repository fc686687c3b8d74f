// Words as a POSIX shell reads and writes them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace livefix::cli {

// `node server.js 'a b'`: what can be pasted into a shell to say `words`.
std::string shell_quoted(std::span<const std::string> words);

// The words of a simple command. Quotes are understood, expansions are not; it ends at the first
// `&&`, `||`, `;`, `|` or `&`. Good enough to look at the scripts of a package.json.
std::vector<std::string> shell_split(std::string_view line);

}  // namespace livefix::cli
