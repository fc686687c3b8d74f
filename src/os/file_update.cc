#include "os/file_update.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "os/fd.h"
#include "os/file_replacement.h"
#include "os/small_file.h"

namespace livefix::os {

// The file itself cannot be the lock: after a replacement two programs would hold two of them.
Status update_file(const std::string& path, mode_t mode, std::size_t largest,
                   const FileChange& change) {
  const std::string lock_path = path + ".lock";
  const Fd lock(open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return fail_errno("its lock cannot be opened");
  while (flock(lock.get(), LOCK_EX) < 0) {
    if (errno != EINTR) return fail_errno("its lock cannot be had");
  }
  auto before = read_small_file(path, largest);
  if (!before && before.error().os_error != ENOENT) return std::unexpected(before.error());
  const auto after = change(before ? *before : std::string());
  if (!after) return std::unexpected(after.error());
  return replace_file(path, *after, mode);
}

}  // namespace livefix::os
