// Files that are there whole or not at all, whatever dies meanwhile.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "base/result.h"

namespace livefix::os {

// Writes a new file beside `path` and gives it that name; both are on the disk on return. What
// was there before stays until then, and for ever when this fails. The error does not name the
// file.
Status replace_file(const std::string& path, std::string_view bytes, mode_t mode);

// Writes `path` itself, which a crash may leave in part or without its bytes: for files that get
// their place later, by a rename behind a sync.
Status write_file(const std::string& path, std::string_view bytes, mode_t mode);

// The names in a directory are on the disk: after a rename, say.
Status sync_directory(const std::string& directory);

}  // namespace livefix::os
