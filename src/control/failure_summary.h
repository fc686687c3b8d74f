// Why a program failed, out of its own last lines: what a developer would look for in them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace livefix::control {

// `lines`: the end of the program's output, oldest first; escape sequences of terminals are
// ignored. Paths in `directory` are given relative to it. Knows Node, Python, Go and Java, and
// compilers that write "file:line: message". At most five lines: the headline with its place,
// "SyntaxError: Unexpected token '}' (src/cart.js:33)". Empty when there is none.
std::vector<std::string> find_headline(const std::vector<std::string>& lines,
                                       std::string_view directory);

// The headline, or else simply the last five lines.
std::vector<std::string> summarize_failure(const std::vector<std::string>& lines,
                                           std::string_view directory);

}  // namespace livefix::control
