// An address as Asio has it.
#pragma once

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>

#include "base/address.h"

namespace livefix::control {

inline boost::asio::ip::tcp::endpoint endpoint_of(const Address& address) {
  namespace ip = boost::asio::ip;
  if (address.family == Family::ipv4) {
    ip::address_v4::bytes_type bytes;
    std::copy_n(address.bytes.begin(), bytes.size(), bytes.begin());
    return {ip::address_v4(bytes), address.port};
  }
  return {ip::address_v6(address.bytes), address.port};
}

}  // namespace livefix::control
