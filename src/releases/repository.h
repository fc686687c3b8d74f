// The bare repository that releases come from and that people push to: $LIVEFIX_DIR/NAME.git.
// Opening it writes what Git is to be told: configuration, attributes, hooks. Called by control on
// its background thread, before anybody else uses the repository; blocks.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "releases/git_command.h"

namespace livefix::releases {

struct RepositorySettings {
  std::string path;  // absolute; made when it is not there
  std::string live_branch = "main";
  std::string livefix_program;  // absolute; the hooks execute `PROGRAM hook pre-receive`
  std::uint64_t largest_push = 2ULL << 30;  // bytes of one pushed pack
};

// May be repeated: what is as it should be is left alone. A repository that is there keeps its
// commits and branches, and what its own configuration says wins over ours when Git serves a push;
// over what livefix does itself it has no say (git_command.h).
Result<Git> open_repository(const RepositorySettings& settings);

}  // namespace livefix::releases
