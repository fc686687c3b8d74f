// Names of branches, as Git allows them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace livefix::cli {

// By the rules of git-check-ref-format(1) for `--branch`; "refs/heads/main" is refused as well,
// which Git would take for a branch of that name. The error says what is wrong with `text` and
// what to write.
Result<std::string> parse_branch(std::string_view text);

}  // namespace livefix::cli
