// Whether something was saved while no control was there to see it.
#pragma once

#include <chrono>
#include <string>

#include "model/service_spec.h"

namespace livefix::control {

// Whether a watched file was written, renamed or linked into place after `time`. Files that were
// only removed do not count: a directory changes too often for other reasons. Walks the tree.
bool saved_after(const std::string& directory, const WatchSpec& spec,
                 std::chrono::system_clock::time_point time);

}  // namespace livefix::control
