#include "ledger/writer_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace livefix::ledger {
namespace {

std::string holder_of(const os::Fd& lock) {
  char text[32] = {};
  const ssize_t size = pread(lock.get(), text, sizeof text - 1, 0);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : "unknown";
}

}  // namespace

Result<WriterLock> WriterLock::take(const std::string& ledger) {
  const std::string path = ledger + "-lock";
  os::Fd lock(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600));
  if (!lock) return fail_errno("cannot open {}, the lock of the ledger", path);
  if (flock(lock.get(), LOCK_EX | LOCK_NB) < 0) {
    if (errno != EWOULDBLOCK) return fail_errno("cannot lock {}", path);
    return fail(
        "{}: the livefix with pid {} writes this ledger; stop that one with `livefix stop`, "
        "or give this one another directory with LIVEFIX_DIR",
        ledger, holder_of(lock));
  }
  // Only for the message above: on a full disk it says "unknown".
  const std::string pid = std::to_string(getpid());
  if (ftruncate(lock.get(), 0) == 0) (void)!pwrite(lock.get(), pid.data(), pid.size(), 0);
  return WriterLock(std::move(lock));
}

}  // namespace livefix::ledger
