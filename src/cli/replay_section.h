// [service.NAME.replay] of a configuration file: what may be sent again (docs/configuration.md).
#pragma once

#include "cli/config_reader.h"
#include "model/replay_spec.h"

namespace livefix::cli {

void read_replay(ConfigTable& service, ReplaySpec& replay);

}  // namespace livefix::cli
