// How many connections wait to be accepted (sock_diag(7)). Nothing else tells whether a program
// that called listen(2) has begun to accept: the kernel completes connections for it.
#pragma once

#include <cstddef>
#include <optional>

#include "base/address.h"

namespace livefix::os {

// Of all sockets that listen on exactly `address`, together. nullopt: none does, or the system
// does not say (a container without NETLINK_SOCK_DIAG). Takes some microseconds.
std::optional<std::size_t> listen_queue_length(const Address& address);

}  // namespace livefix::os
