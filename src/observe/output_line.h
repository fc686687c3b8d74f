// A line of a program's output: its text without what is for a terminal, and the places in files
// that it names. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace livefix::observe {

// Without escape sequences (ECMA-48 CSI) and carriage returns.
std::string plain(std::string_view line);

// Without blanks around it.
std::string_view trimmed(std::string_view text);

// Of text that comes from a program or a stranger, so that it can stand in a line for people: valid
// UTF-8 in one line, with a space for each control character and U+FFFD for what turns the
// direction of writing; at most `most` bytes, then "...".
std::string printable(std::string_view text, std::size_t most);

struct Place {
  std::string file;
  std::string line;  // digits
};

// "/srv/shop/src/cart.js:33" or "...:33:7", with or without "file://".
std::optional<Place> parse_place(std::string_view text);

}  // namespace livefix::observe
