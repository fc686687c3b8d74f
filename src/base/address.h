// An IPv4 or IPv6 address with a port: a value, no system call behind it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace livefix {

enum class Family : std::uint8_t { ipv4, ipv6 };

struct Address {
  Family family = Family::ipv4;
  std::array<std::uint8_t, 16> bytes{};  // network order; IPv4 uses the first four
  std::uint16_t port = 0;                // host order

  static Address ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d,
                      std::uint16_t port);
  static Address any_ipv4(std::uint16_t port) { return ipv4(0, 0, 0, 0, port); }
  static Address any_ipv6(std::uint16_t port);
  // The IPv4 address as an IPv6 socket spells it, ::ffff:a.b.c.d.
  Address mapped_to_ipv6() const;
  // Of `1.2.3.4` or `::1`, without port; nullopt when it is neither. Does not allocate.
  static std::optional<Address> parse_ip(std::string_view text, std::uint16_t port);
  // Of `1.2.3.4:80` or `[::1]:80`, as to_string() writes it; nullopt when it is neither.
  static std::optional<Address> parse(std::string_view text);

  bool is_any() const;
  bool is_loopback() const;
  bool is_ipv4_mapped() const;
  // "1.2.3.4" or "::1"; a mapped address prints as IPv4.
  std::string ip() const;
  // "1.2.3.4:80" or "[::1]:80".
  std::string to_string() const;

  friend bool operator==(const Address&, const Address&) = default;
  friend auto operator<=>(const Address&, const Address&) = default;
};

}  // namespace livefix
