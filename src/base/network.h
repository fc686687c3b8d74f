// A range of IP addresses, 10.0.0.0/8 or 2001:db8::/32: a value, no system call behind it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/address.h"
#include "base/result.h"

namespace livefix {

// Made by parse() only, which sees to it that no bit is set beyond the prefix and that IPv4 is
// never written as IPv6.
struct Network {
  Address address;           // the first one; its port is 0
  std::uint8_t prefix = 32;  // bits that all addresses of it have in common

  // An address alone is a network of one. The error says what was given and what to write.
  static Result<Network> parse(std::string_view text);

  // Whatever the port. An IPv4 address in IPv6 spelling (::ffff:10.0.0.1, as IPv6 sockets give
  // it) counts as IPv4, and so is in no IPv6 network, not even in ::/0.
  bool contains(const Address& candidate) const;
  // "10.0.0.0/8".
  std::string to_string() const;

  friend bool operator==(const Network&, const Network&) = default;
};

}  // namespace livefix
