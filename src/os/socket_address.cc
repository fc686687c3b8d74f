#include "os/socket_address.h"

#include <algorithm>
#include <cstring>

namespace livefix::os {
namespace {

// Linux takes an IPv6 address without its scope id (RFC 2133).
constexpr socklen_t kSmallestIpv6 = 24;

}  // namespace

SocketAddress to_socket_address(const Address& address) {
  SocketAddress result;
  if (address.family == Family::ipv4) {
    sockaddr_in raw{};
    raw.sin_family = AF_INET;
    raw.sin_port = htons(address.port);
    std::memcpy(&raw.sin_addr, address.bytes.data(), 4);
    std::memcpy(&result.storage, &raw, sizeof raw);
    result.size = sizeof raw;
  } else {
    sockaddr_in6 raw{};
    raw.sin6_family = AF_INET6;
    raw.sin6_port = htons(address.port);
    std::memcpy(&raw.sin6_addr, address.bytes.data(), 16);
    std::memcpy(&result.storage, &raw, sizeof raw);
    result.size = sizeof raw;
  }
  return result;
}

std::optional<Address> to_address(const sockaddr_storage& storage, socklen_t size) {
  Address address;
  if (storage.ss_family == AF_INET && size >= sizeof(sockaddr_in)) {
    sockaddr_in raw;
    std::memcpy(&raw, &storage, sizeof raw);
    std::memcpy(address.bytes.data(), &raw.sin_addr, 4);
    address.port = ntohs(raw.sin_port);
    return address;
  }
  if (storage.ss_family == AF_INET6 && size >= kSmallestIpv6) {
    sockaddr_in6 raw{};
    std::memcpy(&raw, &storage, std::min<std::size_t>(size, sizeof raw));
    address.family = Family::ipv6;
    std::memcpy(address.bytes.data(), &raw.sin6_addr, 16);
    address.port = ntohs(raw.sin6_port);
    return address;
  }
  return std::nullopt;
}

}  // namespace livefix::os
