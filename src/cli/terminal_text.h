// A stranger's text (a commit, a file, what a program wrote) on the user's terminal: nothing in it
// may move the cursor, set the title, or show other text than there is. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace livefix::cli {

enum class Colours : std::uint8_t { harmless, kept };

// One line, without its end. Control characters are shown as "^[" and "<U+009B>", as are those that
// turn the direction of writing (Unicode's bidirectional formatting characters), bytes that are no
// UTF-8 as U+FFFD; tabs stay. `kept`: sequences that only set colours pass (ECMA-48, SGR), and end
// with the line.
std::string terminal_text(std::string_view line, Colours colours = Colours::harmless);

// Of several lines, each so; their ends stay.
std::string terminal_lines(std::string_view text, Colours colours = Colours::harmless);

// A patch, line by line, in the colours of `git diff` where it is to have any.
std::string terminal_patch(std::string_view patch, bool colour);

}  // namespace livefix::cli
