// Scans what a load balancer says about a connection before its first byte: the PROXY protocol,
// versions 1 (a line of text) and 2 (binary), after HAProxy's doc/proxy-protocol.txt.
//
// Nothing tells a header from what a client could have sent, so it is for ports where it is
// required, and peers that are trusted with it. The sender does not wait for an answer: a
// connection whose header is refused is closed without a word.
//
// Strict where two readers could differ: the line ends in CRLF, addresses and ports are spelled
// canonically and of the family that is announced, lengths fit exactly, a checksum is right.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/address.h"
#include "http/head.h"

namespace livefix::http {

inline constexpr std::size_t kMaxProxyLineBytes = 107;         // version 1, with its CRLF
inline constexpr std::size_t kMaxProxyHeaderBytes = 4 * 1024;  // version 2

struct ProxiedEndpoints {
  Address source;       // the client
  Address destination;  // what it connected to
};

struct ProxyHeader {
  // Empty when the connection's own addresses are to be kept: the load balancer speaks for
  // itself (LOCAL, a health check), or does not know (UNKNOWN, UNSPEC), or has a client that
  // came by a UNIX socket.
  std::optional<ProxiedEndpoints> endpoints;
};

// Fills `header` when the outcome is Complete, which has the size of what to pass over; else it
// holds nothing of use. Decides at the first byte that allows it, and giving more of the same input
// never changes an outcome other than NeedsMore. The status of a Refusal is 400 and for nobody.
// TLVs are passed over, apart from a checksum (CRC32C), which is verified. Does not allocate.
ScanOutcome scan_proxy_header(std::string_view input, ProxyHeader& header);

}  // namespace livefix::http
