// Tab completion, made from the options that the commands really have.
#pragma once

#include <string>

namespace livefix::cli {

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace livefix::cli
