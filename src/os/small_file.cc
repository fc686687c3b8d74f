#include "os/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "os/fd.h"

namespace livefix::os {

Result<std::string> read_small_file(const std::string& path, std::size_t largest) {
  const Fd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return fail_errno("it cannot be read");
  struct stat status{};
  if (fstat(file.get(), &status) < 0) return fail_errno("it cannot be read");
  if (S_ISDIR(status.st_mode)) return fail("it is a directory; name a file");
  if (!S_ISREG(status.st_mode)) return fail("it is no regular file; name one");
  std::string text(largest + 1, '\0');
  std::size_t filled = 0;
  while (filled < text.size()) {
    const ssize_t count = read(file.get(), text.data() + filled, text.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("it cannot be read");
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
  }
  if (filled > largest) {
    return fail("it is larger than {} MiB; name the right file", largest >> 20);
  }
  text.resize(filled);
  return text;
}

}  // namespace livefix::os
