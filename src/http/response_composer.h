// Writes the head of a response as the client shall see it.
#pragma once

#include <span>

#include "http/head.h"

namespace livefix::http {

// How much longer than the scanned head a composed one can get, at most.
inline constexpr std::size_t kMaxResponseGrowth = 1024;

enum class ClientConnectionField : std::uint8_t {
  none,  // HTTP/1.1 that stays open
  close,
  keep_alive,  // an HTTP/1.0 client asked for it
  upgrade,     // 101
};

// Set for the whole site and the browser's session, out of reach of scripts.
struct ResponseCookie {
  std::string_view name;
  std::string_view value;  // empty: no cookie is set
  bool secure = false;
};
inline constexpr std::size_t kMaxCookieBytes = 256;  // name and value; longer ones are not set

struct ResponseRewrite {
  ClientConnectionField connection = ClientConnectionField::none;
  bool unchunked = false;  // the client does not know chunks: their framing is taken off
  ResponseCookie cookie{};
  // What has answered one who looks at a release before others do; empty: it was no such request.
  std::string_view preview{};
};

// Returns the size, or 0 when `out` is too small. `head` must not lie in `out`.
std::size_t compose_response(const ResponseHead& head, const ResponseRewrite& rewrite,
                             std::span<char> out);

}  // namespace livefix::http
