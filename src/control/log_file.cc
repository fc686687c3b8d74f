#include "control/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace livefix::control {
namespace {

constexpr mode_t kMode = 0640;

std::string advice(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return "its directory is not there; make it";
    case EISDIR:
      return "it is a directory; name a file in it";
    case ENXIO:
      return "it is a FIFO that nobody reads, or a socket; start its reader";
    case EACCES:
    case EPERM:
    case EROFS:
      return std::string(std::strerror(error)) + "; it has to be writable for livefix";
    default:
      return std::strerror(error);
  }
}

}  // namespace

Result<os::Fd> LogFile::open() {
  os::Fd file(::open(path_.c_str(),
                     O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, kMode));
  struct stat status{};
  if (!file || fstat(file.get(), &status) < 0) return fail("{}: {}", path_, advice(errno));
  device_ = status.st_dev;
  inode_ = status.st_ino;
  return file;
}

bool LogFile::is_elsewhere() const {
  struct stat status{};
  if (stat(path_.c_str(), &status) < 0) return true;
  return status.st_dev != device_ || status.st_ino != inode_;
}

}  // namespace livefix::control
