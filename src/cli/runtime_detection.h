// What kind of program a command starts, so that the right files are watched.
#pragma once

#include <span>
#include <string>

#include "cli/surroundings.h"
#include "model/service_spec.h"

namespace livefix::cli {

struct RecognizedCommand {
  Runtime runtime = Runtime::other;
  std::string script;     // "server.js" in `node --inspect server.js`; empty: none is named
  bool compiled = false;  // a machine-code program in a directory of the user, or a Java archive
};

// Looks through `env A=b`, `npx`, `poetry run`, `npm start` and the like, and at the first line of
// scripts.
RecognizedCommand recognize_command(std::span<const std::string> command,
                                    const Surroundings& surroundings);

}  // namespace livefix::cli
