// The authority of a request: `host[:port]` (RFC 3986 section 3.2, without user information).
#pragma once

#include <string_view>

namespace livefix::http {

// An empty host is valid in a Host field (RFC 9112 section 3.2) and nowhere else.
bool is_valid_authority(std::string_view authority, bool port_required = false);

}  // namespace livefix::http
