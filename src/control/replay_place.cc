#include "control/replay_place.h"

#include "control/query_words.h"
#include "http/authority.h"

namespace livefix::control {

Result<ReplayPlace> parse_replay_place(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  constexpr std::string_view kHint = "write live, candidate or http://127.0.0.1:3000";
  if (text.empty() || text == "live") return ReplayGeneration::live;
  if (text == "candidate") return ReplayGeneration::candidate;
  if (text.starts_with("https://")) {
    return fail("{} speaks TLS, and requests are sent again without it; {}", text, kHint);
  }
  if (!text.starts_with(kScheme)) return fail("{} is no place to send to; {}", text, kHint);
  std::string_view authority = text.substr(kScheme.size());
  if (authority.ends_with('/')) authority.remove_suffix(1);
  if (authority.find('/') != std::string_view::npos) {
    return fail("{} has a path, and each request has its own; {}", text, kHint);
  }
  if (!http::is_valid_authority(authority) || authority.empty() || authority.front() == ':') {
    return fail("{} names no host; {}", text, kHint);
  }
  ReplayUrl url{{}, 80, std::string(text)};
  const auto colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
  if (has_port) {
    const auto port = number_in<std::uint16_t>(authority.substr(colon + 1));
    if (!port || *port == 0) return fail("{} has no port that there is; {}", text, kHint);
    url.port = *port;
    authority = authority.substr(0, colon);
  }
  if (authority.starts_with('[')) authority = authority.substr(1, authority.size() - 2);
  url.host = authority;
  return url;
}

}  // namespace livefix::control
