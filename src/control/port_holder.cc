#include "control/port_holder.h"

#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string_view>
#include <vector>

#include "os/listening_sockets.h"
#include "os/process.h"

namespace livefix::control {

std::string port_holder(std::uint16_t port) {
  std::vector<ino_t> wanted;
  for (const os::ListeningSocket& socket : os::listening_sockets()) {
    if (socket.address.port == port) wanted.push_back(socket.inode);
  }
  if (wanted.empty()) return {};
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(opendir("/proc"), closedir);
  while (const dirent* entry = entries ? readdir(entries.get()) : nullptr) {
    const std::string_view name = entry->d_name;
    pid_t pid = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec != std::errc{}) continue;
    const std::vector<ino_t> open = os::open_sockets(pid);
    const bool holds = std::ranges::any_of(
        wanted, [&](ino_t inode) { return std::ranges::find(open, inode) != open.end(); });
    if (holds) return fmt::format("{} (pid {})", os::process_name(pid), pid);
  }
  return {};
}

}  // namespace livefix::control
