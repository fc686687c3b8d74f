// From what the user typed to what is run: `server.js` is run by node, a Go package is built
// first, and so on. Nothing is started here, except `node --version` for TypeScript files.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/surroundings.h"
#include "model/service_spec.h"

namespace livefix::cli {

struct DetectedCommand {
  std::vector<std::string> command;
  std::optional<BuildStep> build;
  Runtime runtime = Runtime::other;
  bool compiled = false;                 // see watched_files.h
  std::string script;                    // what is run, if it is one file
  std::vector<std::string> environment;  // "NAME=value"
  std::vector<std::string> named_files;  // to be watched whatever they are called
  std::string note;                      // for the user; or empty
};

// Why nothing can be run: a sentence, and 126 or 127 as a shell would exit.
struct NotRunnable {
  std::string sentence;
  int exit_status = 0;
};

// `words` is not empty.
std::expected<DetectedCommand, NotRunnable> detect_command(std::span<const std::string> words,
                                                           const Surroundings& surroundings);

}  // namespace livefix::cli
