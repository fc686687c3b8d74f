// Small files that several programs change, and that others read meanwhile.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <string>

#include "base/result.h"

namespace livefix::os {

// What is to be in the file, of what is there now ("" when there is none). Its error is passed on
// and leaves the file alone.
using FileChange = std::function<Result<std::string>(const std::string&)>;

// Replaces a file of at most `largest` bytes as file_replacement.h does, while nobody else does so
// through this: the lock is PATH.lock (flock(2)), which stays. Waits for others, who take
// milliseconds. Errors name no file, as those of small_file.h.
Status update_file(const std::string& path, mode_t mode, std::size_t largest,
                   const FileChange& change);

}  // namespace livefix::os
