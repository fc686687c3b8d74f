// Text in the cells of a screen: how wide it is, cut and filled to a width, and in ASCII for
// terminals that have no more. Of texts that are harmless already (terminal_text.h). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace livefix::cli {

// Cells that it takes. What is wide in East Asia takes two, what combines with a letter none; a
// tab counts as one, since it is drawn as a blank.
std::size_t screen_width(std::string_view text);

// Exactly so wide: filled with blanks, at the front where it stands at the right; what is longer
// ends in "…".
std::string fitted(std::string_view text, std::size_t width, bool at_the_right = false);

// What is not ASCII as something that is.
std::string ascii_text(std::string_view text);

}  // namespace livefix::cli
