#include "base/network.h"

#include <algorithm>
#include <charconv>

namespace livefix {
namespace {

constexpr unsigned kMappedBits = 96;  // of ::ffff:0:0/96

unsigned bits_of(Family family) {
  return family == Family::ipv4 ? 32 : 128;
}

Address unmapped(const Address& address) {
  if (!address.is_ipv4_mapped()) return address;
  const auto& bytes = address.bytes;
  return Address::ipv4(bytes[12], bytes[13], bytes[14], bytes[15], address.port);
}

// The first `prefix` bits of it, and zeros.
Address masked(Address address, unsigned prefix) {
  address.port = 0;
  for (std::size_t at = 0; at < address.bytes.size(); ++at) {
    const auto before = static_cast<unsigned>(at) * 8;
    const auto kept = prefix <= before ? 0U : std::min(8U, prefix - before);
    const auto mask = static_cast<std::uint8_t>(0xff00U >> kept);
    address.bytes[at] = static_cast<std::uint8_t>(address.bytes[at] & mask);
  }
  return address;
}

}  // namespace

Result<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto parsed = Address::parse_ip(text.substr(0, slash), 0);
  const auto refused = [&] {
    return fail("\"{}\" is no network; write \"10.0.0.0/8\" or \"2001:db8::/32\"", text);
  };
  if (!parsed) return refused();
  unsigned prefix = bits_of(parsed->family);
  if (slash != std::string_view::npos) {
    const auto most = prefix;
    const auto digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (error != std::errc{} || end != digits.data() + digits.size() || prefix > most) {
      return refused();
    }
  }
  Network network{*parsed, static_cast<std::uint8_t>(prefix)};
  if (parsed->is_ipv4_mapped() && prefix >= kMappedBits) {
    network = {unmapped(*parsed), static_cast<std::uint8_t>(prefix - kMappedBits)};
  }
  const auto first = masked(network.address, network.prefix);
  if (first != network.address) {
    return fail("\"{}\" has bits beyond its prefix; write \"{}/{}\"", text, first.ip(),
                network.prefix);
  }
  return network;
}

bool Network::contains(const Address& candidate) const {
  const auto plain = unmapped(candidate);
  return plain.family == address.family && masked(plain, prefix) == address;
}

std::string Network::to_string() const {
  return fmt::format("{}/{}", address.ip(), prefix);
}

}  // namespace livefix
