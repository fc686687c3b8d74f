// Between livefix::Address and what the socket calls take.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>

#include "base/address.h"

namespace livefix::os {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

SocketAddress to_socket_address(const Address& address);
// nullopt for families other than IPv4 and IPv6, and when `size` is too small for the family.
std::optional<Address> to_address(const sockaddr_storage& storage, socklen_t size);

inline int domain_of(const Address& address) {
  return address.family == Family::ipv4 ? AF_INET : AF_INET6;
}

}  // namespace livefix::os
