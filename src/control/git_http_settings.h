// What GitHttp is told by whoever makes it.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/token.h"

namespace livefix::control {

class Dashboard;

// The token with this secret; nullopt: there is none. TokenFile is one.
using GitAuthorize = std::function<std::optional<Token>(std::string_view secret)>;

struct GitHttpLimits {
  std::size_t connections = 128;
  std::size_t requests = 16;      // that Git works on, or that bring an artifact
  std::size_t streams = 64;       // of the page
  unsigned failed_attempts = 10;  // a minute, from one address
  Milliseconds head{30'000};      // until a request's head is whole, from the last answer on
  Milliseconds body{120'000};     // between two reads of a body; Git packs meanwhile
  Milliseconds answer{60'000};    // until a client has read 32 KiB
  Milliseconds linger{2'000};     // for the end of a client that was told to go
  Milliseconds beat{2'000};       // of a stream: is its client there, and may it read on?
  Milliseconds grace{2'000};      // from SIGTERM to SIGKILL, of a Git whose client left
};

struct GitHttpSettings {
  std::string repository;                  // "/var/lib/livefix/shop.git", bare, absolute
  std::string url_name;                    // "shop.git"
  std::string artifacts{};                 // directory of those; absolute; empty: none are taken
  std::vector<std::string> environment{};  // of Git and its hooks, beside what CGI needs
  // What GET /metrics answers, for tokens that may read; may be empty. Called on the loop.
  std::function<std::string()> metrics{};
  // Whose page is served beside Git, if there is one; must outlive GitHttp.
  const Dashboard* dashboard = nullptr;
  // A sentence for the log of livefix, without secrets; may be empty. Called on the loop.
  std::function<void(std::string)> complain{};
  GitHttpLimits limits{};
};

}  // namespace livefix::control
