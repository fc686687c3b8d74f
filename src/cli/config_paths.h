// Paths as a configuration file writes them: from the directory that the file lies in, or from the
// root of a commit.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace livefix::cli {

// `path` of a configuration file in `directory`, absolute and without "." and "..".
std::string resolved_path(const std::string& directory, const std::string& path);

// As resolved_path(), of a regular file that has to be there. The error says what to write, as
// the one below.
Result<std::string> existing_file(const std::string& directory, const std::string& path);

// Inside of a commit, which need not be there: relative, without "." and ".." and a slash at its
// end. Empty: all of it, which `text` may say as "" or ".". `example` is such a path.
Result<std::string> path_in_commit(std::string_view text, std::string_view example);

}  // namespace livefix::cli
