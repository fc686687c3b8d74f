// Where `livefix serve` keeps what outlives it: commits, releases and the ledger.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/service_options.h"

namespace livefix::cli {

// `given` (--state), else LIVEFIX_DIR, else .livefix beside the configuration file `file`, which
// is absolute as the result is. Nothing is looked at.
std::string choose_state_directory(const std::string& given, const std::string& file,
                                   const UserInterface& user);

// Makes it and the directories above it that are missing, for this user alone. The error is a
// sentence for the user: it cannot be made, or what is there cannot be used.
Status make_state_directory(const std::string& path);

}  // namespace livefix::cli
