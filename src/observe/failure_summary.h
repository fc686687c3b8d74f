// Why a program failed, out of its own last lines: what a developer would look for in them. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace livefix::observe {

// What a stack trace, a panic or a compiler begins or ends with.
struct Headline {
  std::size_t at = 0;             // which of the lines
  std::string text;               // "SyntaxError: Unexpected token '}'"
  std::string place;              // "src/cart.js:33", in the service's own code; may be empty
  std::vector<std::string> more;  // what brought it about, with places: "Caused by: ..."
};

// `lines`: the end of the program's output, oldest first; escape sequences of terminals are
// ignored. Paths in `directory` are given relative to it. Knows Node, Python, Go, Java, Ruby and
// Rust. Whatever speaks last is what it was.
std::optional<Headline> find_last_headline(const std::vector<std::string>& lines,
                                           std::string_view directory);

// The same as at most five lines, "SyntaxError: Unexpected token '}' (src/cart.js:33)". Empty when
// there is none. Knows compilers, too, that write "file:line: message"; a program that runs may log
// such lines without any error.
std::vector<std::string> find_headline(const std::vector<std::string>& lines,
                                       std::string_view directory);

// The headline, or else simply the last five lines.
std::vector<std::string> summarize_failure(const std::vector<std::string>& lines,
                                           std::string_view directory);

// "TypeError: x is not a function" of a line that names the kind of an error somewhere, in the way
// of Node, Python, Java, Ruby and PHP; empty when it does not.
std::string_view from_error_kind(std::string_view line);

}  // namespace livefix::observe
