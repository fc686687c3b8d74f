// The scripts in hooks/ of the repository. Git executes them when somebody pushes; they become
// `livefix hook NAME` at once, with Git's standard input and environment.
#pragma once

#include <string>

#include "base/result.h"

namespace livefix::releases {

// Writes pre-receive and post-receive by rename, where they are not as they should be: livefix may
// have moved.
// `livefix_program` is an absolute path.
Status write_hooks(const std::string& git_dir, const std::string& livefix_program);

}  // namespace livefix::releases
