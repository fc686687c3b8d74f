#include "control/port_holder.h"

#include <fmt/format.h>

#include <vector>

#include "os/listening_sockets.h"
#include "os/process.h"

namespace livefix::control {

std::string port_holder(std::uint16_t port) {
  std::vector<ino_t> listening;
  for (const os::ListeningSocket& socket : os::listening_sockets()) {
    // Other loopback addresses are where generations of livefix listen: not those who have the
    // port.
    const bool backend = socket.address.is_loopback() && socket.address.ip() != "127.0.0.1" &&
                         socket.address.ip() != "::1";
    if (socket.address.port == port && !backend) listening.push_back(socket.inode);
  }
  if (listening.empty()) return {};
  const auto pid = os::process_with_socket(listening);
  return pid ? fmt::format("{} (pid {})", os::process_name(*pid), *pid) : std::string();
}

}  // namespace livefix::control
