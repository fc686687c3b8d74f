// What a Git client asks of an HTTP server (gitprotocol-http(5), the smart protocol), and what it
// takes to ask it. Pure; nothing that a client wrote goes on from here as it came.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "control/failed_attempts.h"
#include "control/git_http_settings.h"
#include "model/token.h"

namespace livefix::control {

enum class GitService : std::uint8_t { upload_pack, receive_pack };

struct GitRequest {
  GitService service = GitService::upload_pack;
  bool advertises = false;  // GET .../info/refs; else a POST of the service
  bool is_gzipped = false;
  std::string protocol{};  // "version=2", or empty

  // "git-upload-pack"
  std::string_view service_name() const;
  Scope needed_scope() const;
};

// As it came; views into the message.
struct GitRequestHead {
  std::string_view method{};
  std::string_view target{};
  std::string_view content_type{};
  std::string_view content_encoding{};
  std::string_view git_protocol{};
};

struct GitRefusal {
  unsigned status = 404;
  std::string sentence;  // Git shows it to whoever pushes
  std::string field{};   // "Retry-After: 60", or empty
  bool is_last = false;  // the connection ends with it
};

// One for what livefix counts, which is not Git's at all.
bool is_metrics_request(const GitRequestHead& head);

// `url_name`: "shop.git".
std::expected<GitRequest, GitRefusal> parse_git_request(const GitRequestHead& head,
                                                        std::string_view url_name);

// A built file that a push will name, at its hash (docs/control-api.md): is it here, or take it.
struct ArtifactRequest {
  bool is_sent = false;  // PUT; else HEAD
  std::string sha256;
};

// nullopt: it is none, and may be one for Git.
std::optional<ArtifactRequest> parse_artifact_request(const GitRequestHead& head,
                                                      std::string_view url_name);

// Whose token it is. A known token is let through however often others failed from its address:
// behind a TLS proxy, or in one office, all have the same one, and a forgotten script with an old
// token would lock them all out. A secret of 256 bits is not found by trying.
std::expected<Token, GitRefusal> admit(Scope needed, std::string_view authorization,
                                       const Address& client, const GitAuthorize& authorize,
                                       FailedAttempts& failed, TimePoint now);

}  // namespace livefix::control
