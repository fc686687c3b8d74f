#include "os/listening_sockets.h"

#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

namespace livefix::os {
namespace {

constexpr unsigned kListen = 0x0A;  // TCP_LISTEN, include/net/tcp_states.h

// The kernel prints the address as 32-bit words of the machine's byte order.
bool parse_words(const char* hex, Address& address) {
  const std::size_t words = address.family == Family::ipv4 ? 1 : 4;
  if (std::strlen(hex) != words * 8) return false;
  for (std::size_t i = 0; i < words; ++i) {
    unsigned word = 0;
    if (std::sscanf(hex + i * 8, "%8x", &word) != 1) return false;
    std::memcpy(address.bytes.data() + i * 4, &word, 4);
  }
  return true;
}

std::string read_all(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

std::vector<ListeningSocket> parse_listening_sockets(std::string_view text, Family family) {
  std::vector<ListeningSocket> result;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
    char local[33] = {};
    unsigned port = 0;
    unsigned state = 0;
    unsigned long inode = 0;
    if (std::sscanf(line.c_str(), " %*d: %32[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %*s %*s %lu", local,
                    &port, &state, &inode) != 4 ||
        state != kListen || port > 0xffff) {
      continue;
    }
    ListeningSocket socket;
    socket.address.family = family;
    socket.address.port = static_cast<std::uint16_t>(port);
    socket.inode = inode;
    if (parse_words(local, socket.address)) result.push_back(socket);
  }
  return result;
}

std::vector<ListeningSocket> listening_sockets() {
  auto result = parse_listening_sockets(read_all("/proc/net/tcp"), Family::ipv4);
  const auto six = parse_listening_sockets(read_all("/proc/net/tcp6"), Family::ipv6);
  result.insert(result.end(), six.begin(), six.end());
  return result;
}

}  // namespace livefix::os
