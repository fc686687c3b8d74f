// How users name commits: "7f3c2d1", "main", "feature/cart", "main~2".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace livefix::cli {

// Of the one word of a command; none: "". The error says what is wrong with it. What Git allows and
// the target of a request does not take as it is (#, %, &, ?) is refused.
Result<std::string> parse_revision(std::string_view word);

// The target of a question about the commit that the words of `command` ("livefix plan") name, or
// about the head of the live branch where they name none.
Result<std::string> commit_target(std::string_view path, const std::vector<std::string>& words,
                                  std::string_view command);

}  // namespace livefix::cli
