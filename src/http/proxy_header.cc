#include "http/proxy_header.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "http/crc32c.h"
#include "http/port_number.h"

namespace livefix::http {
namespace {

using namespace std::string_view_literals;

Refusal refuse(std::string_view reason) {
  return {400, reason};
}

// Whether `input` begins with `expected`, as far as both go.
bool agrees(std::string_view input, std::string_view expected) {
  const std::size_t size = std::min(input.size(), expected.size());
  return input.substr(0, size) == expected.substr(0, size);
}

// --- version 1 -----------------------------------------------------------------------------------

constexpr std::string_view kOpening = "PROXY ";
constexpr std::string_view kTcp4 = "TCP4 ";
constexpr std::string_view kTcp6 = "TCP6 ";
constexpr std::string_view kUnknown = "UNKNOWN";

// Takes the run of `alphabet` at `at`, which `end` has to follow, and leaves `at` behind that.
std::optional<ScanOutcome> take_word(std::string_view input, std::size_t& at,
                                     std::string_view alphabet, char end, std::string_view& word) {
  const std::size_t stop = input.find_first_not_of(alphabet, at);
  if (stop == std::string_view::npos) return NeedsMore{};
  if (stop == at || input[stop] != end) return refuse("the line of the PROXY header is malformed");
  word = input.substr(at, stop - at);
  at = stop + 1;
  return std::nullopt;
}

std::optional<ScanOutcome> take_ip(std::string_view input, std::size_t& at, Family family,
                                   Address& address) {
  std::string_view word;
  if (auto outcome = take_word(input, at, "0123456789abcdefABCDEF:.", ' ', word)) return outcome;
  const auto parsed = Address::parse_ip(word, 0);
  if (!parsed || parsed->family != family) {
    return refuse("the PROXY header has an address that is none of its family");
  }
  address = *parsed;
  return std::nullopt;
}

std::optional<ScanOutcome> take_port(std::string_view input, std::size_t& at, char end,
                                     std::uint16_t& port) {
  std::string_view word;
  if (auto outcome = take_word(input, at, "0123456789", end, word)) return outcome;
  const auto parsed = parse_port(word);
  if (!parsed) return refuse("the PROXY header has a port that is none");
  port = *parsed;
  return std::nullopt;
}

ScanOutcome scan_line_feed(std::string_view input, std::size_t at) {
  if (at == input.size()) return NeedsMore{};
  if (input[at] != '\n') return refuse("the line of the PROXY header does not end in CRLF");
  return Complete{at + 1};
}

ScanOutcome scan_tcp(std::string_view input, std::size_t at, Family family, ProxyHeader& header) {
  ProxiedEndpoints ends;
  if (const auto outcome = take_ip(input, at, family, ends.source)) return *outcome;
  if (const auto outcome = take_ip(input, at, family, ends.destination)) return *outcome;
  if (const auto outcome = take_port(input, at, ' ', ends.source.port)) return *outcome;
  if (const auto outcome = take_port(input, at, '\r', ends.destination.port)) return *outcome;
  header.endpoints = ends;
  return scan_line_feed(input, at);
}

// What follows the word is to be passed over.
ScanOutcome scan_unknown(std::string_view input, std::size_t at) {
  if (at < input.size() && input[at] != ' ' && input[at] != '\r') {
    return refuse("the PROXY header names no protocol that it may");
  }
  const std::size_t stop = input.find_first_of("\r\n", at);
  if (stop == std::string_view::npos) return NeedsMore{};
  if (input[stop] == '\n') return refuse("the line of the PROXY header does not end in CRLF");
  return scan_line_feed(input, stop + 1);
}

ScanOutcome scan_version_1(std::string_view input, ProxyHeader& header) {
  if (!agrees(input, kOpening)) return refuse("there is no PROXY header");
  if (input.size() < kOpening.size()) return NeedsMore{};
  const std::string_view rest = input.substr(kOpening.size());
  for (const std::string_view protocol : {kTcp4, kTcp6, kUnknown}) {
    if (!agrees(rest, protocol)) continue;
    if (rest.size() < protocol.size()) return NeedsMore{};
    const std::size_t at = kOpening.size() + protocol.size();
    if (protocol == kUnknown) return scan_unknown(input, at);
    return scan_tcp(input, at, protocol == kTcp4 ? Family::ipv4 : Family::ipv6, header);
  }
  return refuse("the PROXY header names no protocol that it may");
}

// --- version 2 -----------------------------------------------------------------------------------

constexpr std::string_view kSignature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kFixedBytes = 16;  // signature, command, family and protocol, length

constexpr unsigned kLocal = 0x20;  // version 2 in the high four bits
constexpr unsigned kProxy = 0x21;

constexpr unsigned kUnspecProtocol = 0;
constexpr unsigned kStream = 1;

constexpr unsigned kUnspecFamily = 0;
constexpr unsigned kInet = 1;
constexpr unsigned kInet6 = 2;
// Of the address block, by family; the last one is UNIX.
constexpr std::array<std::size_t, 4> kAddressBytes{0, 12, 36, 216};

constexpr unsigned kCrc32cType = 0x03;
constexpr std::size_t kCrc32cBytes = 4;
constexpr std::size_t kValueHeaderBytes = 3;  // type, length

unsigned byte_at(std::string_view input, std::size_t at) {
  return static_cast<unsigned char>(input[at]);
}

std::uint16_t number_at(std::string_view input, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(input, at) << 8 | byte_at(input, at + 1));
}

std::uint32_t checksum_at(std::string_view input, std::size_t at) {
  return std::uint32_t{number_at(input, at)} << 16 | number_at(input, at + 2);
}

ProxiedEndpoints read_endpoints(std::string_view block, Family family) {
  const std::size_t ip_bytes = family == Family::ipv4 ? 4 : 16;
  ProxiedEndpoints ends;
  ends.source.family = ends.destination.family = family;
  std::ranges::copy(block.substr(0, ip_bytes), ends.source.bytes.begin());
  std::ranges::copy(block.substr(ip_bytes, ip_bytes), ends.destination.bytes.begin());
  ends.source.port = number_at(block, 2 * ip_bytes);
  ends.destination.port = number_at(block, 2 * ip_bytes + 2);
  return ends;
}

// The sender has put zeros where the checksum is, while it computed that.
bool has_checksum(std::string_view header, std::size_t at) {
  Crc32c crc;
  crc.add(header.substr(0, at));
  crc.add("\0\0\0\0"sv);
  crc.add(header.substr(at + kCrc32cBytes));
  return crc.value() == checksum_at(header, at);
}

// Type, length and value, again and again, up to `end` exactly. Only the checksum is of use here.
ScanOutcome scan_values(std::string_view input, std::size_t at, std::size_t end) {
  std::optional<std::size_t> checksum;
  while (at < end) {
    if (end - at < kValueHeaderBytes) return refuse("the PROXY header ends inside a TLV");
    if (input.size() < at + kValueHeaderBytes) return NeedsMore{};
    const unsigned type = byte_at(input, at);
    const std::size_t length = number_at(input, at + 1);
    at += kValueHeaderBytes;
    if (length > end - at) return refuse("the PROXY header ends inside a TLV");
    if (type == kCrc32cType) {
      if (length != kCrc32cBytes) return refuse("the checksum of the PROXY header has no 4 bytes");
      if (checksum) return refuse("the PROXY header has more than one checksum");
      checksum = at;
    }
    at += length;
  }
  if (input.size() < end) return NeedsMore{};
  if (checksum && !has_checksum(input.substr(0, end), *checksum)) {
    return refuse("the checksum of the PROXY header is wrong");
  }
  return Complete{end};
}

std::optional<Refusal> check_protocol(unsigned family, unsigned protocol) {
  if (family >= kAddressBytes.size()) return refuse("the PROXY header has an unknown family");
  const bool unspecified = family == kUnspecFamily && protocol == kUnspecProtocol;
  if (protocol == kStream || unspecified) return std::nullopt;
  return refuse("the PROXY header is not about a stream");
}

ScanOutcome scan_version_2(std::string_view input, ProxyHeader& header) {
  if (!agrees(input, kSignature)) return refuse("there is no PROXY header");
  if (input.size() <= kSignature.size()) return NeedsMore{};
  const unsigned command = byte_at(input, kSignature.size());
  if (command >> 4 != 2) return refuse("the PROXY header is of an unknown version");
  if (command != kLocal && command != kProxy) {
    return refuse("the PROXY header has an unknown command");
  }
  if (input.size() <= kSignature.size() + 1) return NeedsMore{};
  const unsigned family = byte_at(input, kSignature.size() + 1) >> 4;
  const unsigned protocol = byte_at(input, kSignature.size() + 1) & 0xf;
  // What LOCAL says besides is to be passed over, the family included.
  if (command == kProxy) {
    if (const auto refusal = check_protocol(family, protocol)) return *refusal;
  }
  if (input.size() < kFixedBytes) return NeedsMore{};
  const std::size_t end = kFixedBytes + number_at(input, kFixedBytes - 2);
  if (end > kMaxProxyHeaderBytes) return refuse("the PROXY header is too large");

  // Without a family nobody knows where addresses end and TLVs begin.
  if (command == kLocal || family == kUnspecFamily) {
    if (input.size() < end) return NeedsMore{};
    return Complete{end};
  }
  const std::size_t values = kFixedBytes + kAddressBytes[family];
  if (end < values) return refuse("the PROXY header is too short for its addresses");
  const auto outcome = scan_values(input, values, end);
  if (std::holds_alternative<Complete>(outcome) && (family == kInet || family == kInet6)) {
    header.endpoints =
        read_endpoints(input.substr(kFixedBytes), family == kInet ? Family::ipv4 : Family::ipv6);
  }
  return outcome;
}

}  // namespace

ScanOutcome scan_proxy_header(std::string_view input, ProxyHeader& header) {
  header.endpoints.reset();
  if (input.empty()) return NeedsMore{};
  if (input.front() == kSignature.front()) return scan_version_2(input, header);
  const auto outcome = scan_version_1(input.substr(0, kMaxProxyLineBytes), header);
  if (std::holds_alternative<NeedsMore>(outcome) && input.size() >= kMaxProxyLineBytes) {
    return refuse("the line of the PROXY header is too long");
  }
  return outcome;
}

}  // namespace livefix::http
