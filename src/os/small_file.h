// Files that a user names and that are small: configuration, certificates.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace livefix::os {

// The whole of a regular file of at most `largest` bytes; waits for no FIFO and reads no device.
// The error does not name the file: callers know how the user calls it. Its `os_error` is set
// where the system refused.
Result<std::string> read_small_file(const std::string& path, std::size_t largest);

}  // namespace livefix::os
