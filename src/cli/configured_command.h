// What is run when a configuration file takes part: its command or that of the command line, and
// its build.
#pragma once

#include <expected>
#include <span>
#include <string>

#include "cli/command_detection.h"
#include "cli/service_section.h"

namespace livefix::cli {

// As detect_command() of `words`, which are not empty. With a build in `section`, what is run need
// not be there yet, and what is watched is what it is built from.
std::expected<DetectedCommand, NotRunnable> detect_configured(std::span<const std::string> words,
                                                              const ServiceSection& section,
                                                              const Surroundings& surroundings);

// What the user reads as the service's command: `words` as they could be typed, with the service's
// name for what a build makes.
std::string title_of(std::span<const std::string> words, const ServiceSection& section);

}  // namespace livefix::cli
