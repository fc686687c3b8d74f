// How a Go package is built once per change instead of by `go run`, whose program is a grandchild
// with a new name each time.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/surroundings.h"
#include "model/service_spec.h"

namespace livefix::cli {

// Of a package's directory, as the program sees it: "cmd/server". It is built from the service's
// directory if both are in the same module, else from its own.
BuildStep build_of_package(const std::string& package, const Surroundings& surroundings);

// Of a file with func main: with its whole package if it is in a module, else alone.
BuildStep build_of_file(const std::string& file, const Surroundings& surroundings);

struct GoRun {
  BuildStep build;
  std::vector<std::string> arguments;  // of the program
};
// What `go run` with these arguments (without "go", "run") does; nullopt for those that cannot be
// split into a build and a run, such as -exec or a package with a version.
std::optional<GoRun> take_apart_go_run(std::span<const std::string> arguments);

}  // namespace livefix::cli
