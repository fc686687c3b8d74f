// Who gives a command, for the record.
#pragma once

#include <string>

namespace livefix::cli {

// The user's name, also behind sudo; what a target cannot take as it is becomes "-".
std::string caller_name();

}  // namespace livefix::cli
