#include "control/git_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "control/offered_secrets.h"
#include "model/artifact.h"

namespace livefix::control {
namespace {

constexpr std::array kServices{GitService::upload_pack, GitService::receive_pack};
constexpr std::size_t kLongestProtocol = 128;

std::string_view git_name(GitService service) {
  return service == GitService::upload_pack ? "git-upload-pack" : "git-receive-pack";
}

// Whole targets are compared, not taken apart: no way of writing a path is another path.
std::optional<GitRequest> find_request(std::string_view method, std::string_view target,
                                       std::string_view url_name) {
  for (const GitService service : kServices) {
    const auto name = git_name(service);
    if (method == "GET" && target == fmt::format("/{}/info/refs?service={}", url_name, name)) {
      return GitRequest{.service = service, .advertises = true};
    }
    if (method == "POST" && target == fmt::format("/{}/{}", url_name, name)) {
      return GitRequest{.service = service};
    }
  }
  return std::nullopt;
}

bool is_protocol(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '=' || c == ':' || c == '-';
  };
  return text.size() <= kLongestProtocol && std::ranges::all_of(text, is_plain);
}

constexpr auto kChallenge = "WWW-Authenticate: Basic realm=\"livefix\"";

GitRefusal wrong_scope(const Token& token, Scope needed) {
  const auto wanted = name_of(needed);
  return {403, fmt::format("the token {} is for {} only, and this is a {}; livefix token add NAME "
                           "--scope {} makes one that may",
                           token.name, token.scope_names(), wanted, wanted)};
}

}  // namespace

std::string_view GitRequest::service_name() const {
  return git_name(service);
}

Scope GitRequest::needed_scope() const {
  return service == GitService::upload_pack ? Scope::read : Scope::push;
}

bool is_metrics_request(const GitRequestHead& head) {
  return head.method == "GET" && head.target == "/metrics";
}

std::expected<GitRequest, GitRefusal> parse_git_request(const GitRequestHead& head,
                                                        std::string_view url_name) {
  auto request = find_request(head.method, head.target, url_name);
  if (!request) {
    return std::unexpected(GitRefusal{
        404, fmt::format(
                 "there is nothing here but the page at /, the repository /{} for Git clients, and "
                 "/metrics",
                 url_name)});
  }
  const auto expected = fmt::format("application/x-{}-request", request->service_name());
  if (!request->advertises && head.content_type != expected) {
    return std::unexpected(GitRefusal{415, fmt::format("a POST here is of type {}", expected)});
  }
  request->is_gzipped = head.content_encoding == "gzip" || head.content_encoding == "x-gzip";
  if (!request->is_gzipped && !head.content_encoding.empty()) {
    return std::unexpected(GitRefusal{415, "a body here is encoded with gzip or not at all"});
  }
  // Without it Git speaks an older version of the protocol.
  if (is_protocol(head.git_protocol)) request->protocol = head.git_protocol;
  return *request;
}

std::optional<ArtifactRequest> parse_artifact_request(const GitRequestHead& head,
                                                      std::string_view url_name) {
  const std::string prefix = fmt::format("/{}/artifacts/", url_name);
  const bool is_sent = head.method == "PUT";
  if (!is_sent && head.method != "HEAD") return std::nullopt;
  if (!head.target.starts_with(prefix)) return std::nullopt;
  const auto sha256 = head.target.substr(prefix.size());
  if (!is_sha256(sha256)) return std::nullopt;
  return ArtifactRequest{is_sent, std::string(sha256)};
}

std::expected<Token, GitRefusal> admit(Scope needed, std::string_view authorization,
                                       const Address& client, const GitAuthorize& authorize,
                                       FailedAttempts& failed, TimePoint now) {
  const auto secrets = offered_secrets(authorization);
  for (const std::string& secret : secrets) {
    auto token = authorize(secret);
    if (!token) continue;
    if (!token->allows(needed)) return std::unexpected(wrong_scope(*token, needed));
    return std::move(*token);
  }
  if (secrets.empty()) {
    return std::unexpected(
        GitRefusal{401,
                   "this needs a token, as in http://TOKEN@HOST:PORT/NAME.git; livefix token add "
                   "NAME makes one",
                   kChallenge});
  }
  if (!failed.add(client, now)) {
    return std::unexpected(GitRefusal{
        429,
        fmt::format("too many tokens that are not known here came from {}; wait a minute, or use "
                    "one of livefix token list",
                    client.ip()),
        "Retry-After: 60", true});
  }
  return std::unexpected(
      GitRefusal{401, "this token is not known here; livefix token list shows those that are",
                 kChallenge, true});
}

}  // namespace livefix::control
