// What others may be told of a line of livefix, which may quote a program: its first line, since
// what follows are lines of the program, with the secrets hidden that somebody could know. Pure.
#pragma once

#include <string>
#include <string_view>

#include "model/run_spec.h"

namespace livefix::control {

std::string harmless_line(std::string_view text, const RunSpec& run);

}  // namespace livefix::control
