#include "cli/push_target.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace livefix::cli {
namespace {

constexpr std::string_view kForm =
    "write http://HOST:4850/NAME.git, or https:// where a proxy does TLS";
constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

std::uint16_t usual_port(bool is_tls) {
  return is_tls ? kHttpsPort : kHttpPort;
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

// "host:4850", "[::1]:4850", "host".
Status read_authority(std::string_view text, PushTarget& into) {
  const auto bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  into.host =
      bracket == std::string_view::npos ? text.substr(0, colon) : text.substr(1, bracket - 1);
  if (into.host.empty()) return fail("the URL names no host; {}", kForm);
  into.port = usual_port(into.is_tls);
  if (colon == std::string_view::npos) return {};
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return fail("the port of {} is no number from 1 to 65535", text);
  into.port = *port;
  return {};
}

std::string without_slash(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

}  // namespace

std::string PushTarget::authority() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  const std::string name = is_ipv6 ? fmt::format("[{}]", host) : host;
  return port == usual_port(is_tls) ? name : fmt::format("{}:{}", name, port);
}

std::string PushTarget::url() const {
  return fmt::format("{}://{}{}", is_tls ? "https" : "http", authority(), path);
}

Result<PushTarget> parse_push_target(std::string_view url, std::string_view token,
                                     std::string_view service) {
  PushTarget target;
  target.is_tls = url.starts_with("https://");
  if (!target.is_tls && !url.starts_with("http://")) {
    return fail("--url is no http:// or https:// URL; {}. By SSH push with git itself", kForm);
  }
  auto rest = url.substr(url.find("//") + 2);
  const auto slash = std::min(rest.find('/'), rest.size());
  auto authority = rest.substr(0, slash);
  target.path = without_slash(rest.substr(slash));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    // As Git takes them: the token is the user name or the password.
    const auto user = authority.substr(0, at);
    const auto colon = user.find(':');
    const bool is_password = colon != std::string_view::npos && colon + 1 < user.size() &&
                             !user.substr(0, colon).starts_with("livefix_");
    target.token = is_password ? user.substr(colon + 1) : user.substr(0, colon);
    authority.remove_prefix(at + 1);
  }
  if (!token.empty()) target.token = token;
  if (const auto read = read_authority(authority, target); !read) {
    return std::unexpected(read.error());
  }
  if (target.path.empty() && !service.empty()) target.path = fmt::format("/{}.git", service);
  if (target.path.empty())
    return fail("--url names no repository; {}, or add --service NAME", kForm);
  const auto name = target.path.substr(target.path.rfind('/') + 1);
  if (!service.empty() && name != fmt::format("{}.git", service)) {
    return fail("--url is about {} and --service about {}; leave one of them out", name, service);
  }
  if (!is_plain(target.host) || !is_plain(target.path) ||
      target.path.find_first_of("?#") != std::string::npos) {
    return fail("--url has characters that no address has; {}", kForm);
  }
  if (target.token.empty()) {
    return fail("there is no token; set LIVEFIX_TOKEN to one that livefix token add NAME printed");
  }
  if (!is_plain(target.token)) {
    return fail("the token has characters that no token has; check LIVEFIX_TOKEN");
  }
  return target;
}

}  // namespace livefix::cli
