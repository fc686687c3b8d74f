#include "base/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace livefix {

Address Address::ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d,
                      std::uint16_t port) {
  Address address;
  address.bytes = {a, b, c, d};
  address.port = port;
  return address;
}

Address Address::any_ipv6(std::uint16_t port) {
  Address address;
  address.family = Family::ipv6;
  address.port = port;
  return address;
}

Address Address::mapped_to_ipv6() const {
  if (family == Family::ipv6) return *this;
  Address mapped = any_ipv6(port);
  mapped.bytes[10] = mapped.bytes[11] = 0xff;
  std::copy_n(bytes.begin(), 4, mapped.bytes.begin() + 12);
  return mapped;
}

std::optional<Address> Address::parse_ip(std::string_view text, std::uint16_t port) {
  // inet_pton wants a terminated string, and would take "::1" followed by a zero byte and more.
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.contains('\0')) return std::nullopt;
  std::ranges::copy(text, terminated.begin());
  Address address;
  address.port = port;
  if (inet_pton(AF_INET, terminated.data(), address.bytes.data()) == 1) return address;
  address.bytes = {};
  address.family = Family::ipv6;
  if (inet_pton(AF_INET6, terminated.data(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::optional<Address> Address::parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
  std::uint16_t port = 0;
  const auto [end, error] =
      std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  auto ip = text.substr(0, colon);
  const bool brackets = ip.size() > 2 && ip.starts_with('[') && ip.ends_with(']');
  if (brackets) ip = ip.substr(1, ip.size() - 2);
  const auto address = parse_ip(ip, port);
  // "::1:80" could be an address without a port as well.
  if (!address || (address->family == Family::ipv6) != brackets) return std::nullopt;
  return address;
}

bool Address::is_any() const {
  const auto begin = bytes.begin() + (is_ipv4_mapped() ? 12 : 0);
  const auto end = bytes.begin() + (family == Family::ipv4 ? 4 : 16);
  return std::all_of(begin, end, [](auto byte) { return byte == 0; });
}

bool Address::is_loopback() const {
  if (family == Family::ipv4) return bytes[0] == 127;
  if (is_ipv4_mapped()) return bytes[12] == 127;
  return std::all_of(bytes.begin(), bytes.end() - 1, [](auto byte) { return byte == 0; }) &&
         bytes[15] == 1;
}

bool Address::is_ipv4_mapped() const {
  static constexpr std::array<std::uint8_t, 12> prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return family == Family::ipv6 && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

std::string Address::ip() const {
  if (family == Family::ipv6 && !is_ipv4_mapped()) {
    char text[INET6_ADDRSTRLEN] = {};
    return inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
  }
  // Once for each request, and inet_ntop takes its time.
  const std::uint8_t* octet = bytes.data() + (family == Family::ipv4 ? 0 : 12);
  std::string text;
  for (int i = 0; i < 4; ++i) {
    if (i > 0) text += '.';
    const fmt::format_int digits(octet[i]);
    text.append(digits.data(), digits.size());
  }
  return text;
}

std::string Address::to_string() const {
  const bool brackets = family == Family::ipv6 && !is_ipv4_mapped();
  return brackets ? fmt::format("[{}]:{}", ip(), port) : fmt::format("{}:{}", ip(), port);
}

}  // namespace livefix
