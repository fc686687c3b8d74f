#include "releases/copy_bytes.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace livefix::releases {

bool copy_bytes(int from, int to) {
  while (true) {
    const ssize_t moved = copy_file_range(from, nullptr, to, nullptr, 1U << 30, 0);
    if (moved == 0) return true;
    if (moved > 0 || errno == EINTR) continue;
    if (errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP && errno != ENOSYS) return false;
    break;
  }
  std::array<char, 65536> buffer;
  while (true) {
    const ssize_t size = read(from, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return size == 0;
    for (ssize_t at = 0; at < size;) {
      const ssize_t written = write(to, buffer.data() + at, static_cast<std::size_t>(size - at));
      if (written < 0 && errno != EINTR) return false;
      if (written > 0) at += written;
    }
  }
}

}  // namespace livefix::releases
