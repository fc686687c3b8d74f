// [service.NAME.mirror] of a configuration file: what of the live requests a candidate gets as well
// (docs/configuration.md).
#pragma once

#include "cli/config_reader.h"
#include "model/mirror_spec.h"
#include "model/traffic_spec.h"

namespace livefix::cli {

// `record` is read already: what is not recorded cannot be mirrored.
void read_mirror(ConfigTable& service, const RecordSpec& record, MirrorSpec& mirror);

}  // namespace livefix::cli
