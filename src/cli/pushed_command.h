// What `livefix serve` runs. The code is not there yet when it starts, so a command is taken as
// it is written, and what can be known beforehand is checked: the programs of this machine.
#pragma once

#include <expected>

#include "cli/command_detection.h"
#include "cli/service_section.h"

namespace livefix::cli {

// Of a section that has a command. `surroundings` give the search path; nothing else is looked at.
// The sentence begins with the key: "service.shop.command: ...".
std::expected<DetectedCommand, NotRunnable> detect_pushed(const ServiceSection& section,
                                                          const Surroundings& surroundings);

}  // namespace livefix::cli
