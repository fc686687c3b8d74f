// Writes the head of a request as the backend shall see it: origin form, HTTP/1.1, without the
// fields that were meant for this hop (RFC 9110 section 7.6.1), with those that tell where it
// came from.
#pragma once

#include <span>
#include <string_view>

#include "http/head.h"

namespace livefix::http {

// How much longer than the scanned head a composed one can get, at most.
inline constexpr std::size_t kMaxRequestGrowth = 1024;

struct RequestOrigin {
  std::string_view client_ip;     // "1.2.3.4" or "2001:db8::1"
  std::string_view scheme;        // "http"
  std::string_view default_host;  // for an HTTP/1.0 request that names none
  // Whether what the client says of those before it is kept: X-Forwarded-*, X-Real-IP, Forwarded.
  bool is_trusted = false;
  // The field that carries the request's id, and the id; empty: none. A field of that name which
  // the client sent is replaced.
  std::string_view id_field{};
  std::string_view id{};
  // Of a trace that begins here: in place of what the client sent of one. Empty: that stays.
  std::string_view traceparent{};
};

// Returns the size, or 0 when `out` is too small. `head` must not lie in `out`.
std::size_t compose_request(const RequestHead& head, const RequestOrigin& origin,
                            std::span<char> out);

}  // namespace livefix::http
