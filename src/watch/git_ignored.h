// Asks Git which directories it ignores: build output and dependencies under whatever name.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"

namespace livefix::watch {

// Relative to `directory`, without a slash at the end. Empty when it is no work tree, when there
// is no Git, or when Git needs longer than `patience`. Starts a process and waits for it.
std::vector<std::string> directories_ignored_by_git(const std::string& directory,
                                                    Milliseconds patience);

}  // namespace livefix::watch
