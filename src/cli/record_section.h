// [service.NAME.record] of a configuration file: what is recorded (docs/configuration.md).
#pragma once

#include "cli/config_reader.h"
#include "model/traffic_spec.h"

namespace livefix::cli {

void read_record(ConfigTable& service, RecordSpec& record);

}  // namespace livefix::cli
