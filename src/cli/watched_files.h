// Which files are watched for a program of a kind. docs/cli.md has the table for users.
#pragma once

#include <string>
#include <vector>

#include "model/service_spec.h"

namespace livefix::cli {

// Extensions without dot. `compiled`: a program that only changes when somebody builds it anew, so
// that its sources are not watched. `script`: what is run, or ""; when that is itself the output
// of a build (dist/server.js), the TypeScript sources are not watched.
std::vector<std::string> watched_extensions(Runtime runtime, bool compiled,
                                            const std::string& script);

}  // namespace livefix::cli
