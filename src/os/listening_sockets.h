// Who listens where in this network namespace, from /proc/net/tcp and tcp6.
#pragma once

#include <sys/types.h>

#include <string_view>
#include <vector>

#include "base/address.h"

namespace livefix::os {

struct ListeningSocket {
  Address address;
  ino_t inode = 0;
};

// Reads every TCP socket's line, so its cost grows with the connections of the machine: not for
// hot paths.
std::vector<ListeningSocket> listening_sockets();

// The lines of one such file; `family` is what the file is about. Lines that do not look right
// are skipped.
std::vector<ListeningSocket> parse_listening_sockets(std::string_view text, Family family);

}  // namespace livefix::os
