#include "os/file_replacement.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "os/fd.h"

namespace livefix::os {
namespace {

Status write_all(const Fd& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno != EINTR) return fail_errno("write");
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Status fill(const Fd& file, std::string_view bytes, mode_t mode) {
  if (const auto written = write_all(file, bytes); !written) return written;
  if (::fchmod(file.get(), mode) < 0) return fail_errno("fchmod");
  return {};
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

}  // namespace

Status replace_file(const std::string& path, std::string_view bytes, mode_t mode) {
  std::string temporary = path + ".XXXXXX";
  const Fd file(::mkostemp(temporary.data(), O_CLOEXEC));  // readable by its owner alone
  if (!file) return fail_errno("mkostemp");
  auto status = fill(file, bytes, mode);
  if (status && ::fsync(file.get()) < 0) status = fail_errno("fsync");
  if (status && ::rename(temporary.c_str(), path.c_str()) < 0) status = fail_errno("rename");
  if (!status) {
    ::unlink(temporary.c_str());
    return status;
  }
  return sync_directory(directory_of(path));
}

Status write_file(const std::string& path, std::string_view bytes, mode_t mode) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file) return fail_errno("open");
  return fill(file, bytes, mode);
}

Status sync_directory(const std::string& directory) {
  const Fd handle(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle || ::fsync(handle.get()) < 0) return fail_errno("fsync");
  return {};
}

}  // namespace livefix::os
