// Ways into a directory whose contents are a stranger's: no symbolic link is followed on the way,
// so nothing outside is reached, whatever is renamed meanwhile. Paths are relative, with "/"
// between names. By hand and not by openat2(2), which old container runtimes refuse.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "os/fd.h"

namespace livefix::releases {

// "a/b" and "c" of "a/b/c"; "" and "c" of "c".
std::pair<std::string_view, std::string_view> split_path(std::string_view path);

// Whether a path stays below where it starts: not empty, not absolute, no ".", ".." or empty name.
bool stays_beneath(std::string_view path);

// The directory itself, whose own name may be a link.
Result<os::Fd> open_directory(const std::string& path);

// "" is `root` itself. os_error is ENOTDIR or ELOOP where a file or a link is on the way.
Result<os::Fd> open_beneath(int root, std::string_view directory);

// The same, and makes what is missing; a file or a link on the way gives its place to a directory.
Result<os::Fd> make_beneath(int root, std::string_view directory);

// The same, but a file or a link on the way is an error as of open_beneath().
Result<os::Fd> complete_beneath(int root, std::string_view directory);

}  // namespace livefix::releases
