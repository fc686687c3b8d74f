// The command line: everything that happens between main() and a running keeper.
#pragma once

#include <variant>

#include "model/run_spec.h"

namespace livefix::cli {

// An int is the exit status of a command that is done (or refused, with a sentence on standard
// error); a RunSpec is to be run by the keeper.
std::variant<int, RunSpec> run(int argc, char** argv);

}  // namespace livefix::cli
