// Where `livefix push` goes: the URL of a repository, and the token for it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace livefix::cli {

struct PushTarget {
  bool is_tls = false;
  std::string host;  // as a resolver takes it: no brackets around IPv6
  std::uint16_t port = 0;
  std::string path;   // "/shop.git"
  std::string token;  // no part of url(), so that no line shows it

  // "http://host:4850/shop.git"
  std::string url() const;
  // "host:4850", as the Host field has it; the usual port is left out.
  std::string authority() const;
};

// `url` is http://[TOKEN@]HOST[:PORT][/NAME.git] or https://...; `token` wins over the one in it.
// `service` is NAME where the URL has none. The error is a sentence and does not show the token.
Result<PushTarget> parse_push_target(std::string_view url, std::string_view token,
                                     std::string_view service);

}  // namespace livefix::cli
