#include "cli/traffic_names.h"

#include <algorithm>
#include <array>

#include "base/address.h"
#include "base/ascii.h"
#include "cli/config_problems.h"

namespace livefix::cli {
namespace {

constexpr std::size_t kLongestHost = 253;
constexpr std::size_t kLongestLabel = 63;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_letter_or_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestHost) return false;
  while (true) {
    const auto label = name.substr(0, name.find('.'));
    const auto fits = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; };
    if (label.empty() || label.size() > kLongestLabel || !std::ranges::all_of(label, fits)) {
      return false;
    }
    if (label.size() == name.size()) return true;
    name.remove_prefix(label.size() + 1);
  }
}

constexpr std::array<std::string_view, 16> kOwnFields = {
    "connection",  "content-length",  "cookie",           "forwarded",
    "host",        "keep-alive",      "set-cookie",       "te",
    "traceparent", "tracestate",      "trailer",          "transfer-encoding",
    "upgrade",     "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"};

}  // namespace

Result<std::string> parse_host(std::string_view text) {
  constexpr std::string_view kHint = R"("shop.example.com" or "*.example.com")";
  std::string host;
  std::ranges::transform(text, std::back_inserter(host), lower);
  if (host == "*") return fail("\"*\" is every host; leave hosts out for that");
  if (host.starts_with('[') && host.ends_with(']')) {
    const auto address = Address::parse_ip(std::string_view(host).substr(1, host.size() - 2), 0);
    if (address && address->family == Family::ipv6) return host;
    return fail("{} is no IPv6 address; write \"[::1]\"", in_quotes(text));
  }
  if (Address::parse_ip(host, 0)) {
    if (host.find(':') == std::string::npos) return host;
    return fail("{} is an IPv6 address without brackets; write \"[{}]\"", in_quotes(text), text);
  }
  if (host.find("://") != std::string::npos || host.find('/') != std::string::npos) {
    return fail("{} is more than a host; write {}, and what follows it in paths", in_quotes(text),
                kHint);
  }
  const auto colon = host.find(':');
  if (colon != std::string::npos && is_host_name(host.substr(0, colon))) {
    return fail("{} has a port; write \"{}\"", in_quotes(text), host.substr(0, colon));
  }
  if (std::ranges::any_of(host, [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    return fail("{} has letters beyond ASCII; write it as it is sent, \"xn--...\"",
                in_quotes(text));
  }
  if (host.size() > 1 && host.ends_with('.')) host.pop_back();
  const auto name = std::string_view(host).substr(host.starts_with("*.") ? 2 : 0);
  if (!is_host_name(name)) return fail("{} is no host; write {}", in_quotes(text), kHint);
  return host;
}

Result<std::string> parse_path_prefix(std::string_view text) {
  if (!text.starts_with('/'))
    return fail("{} does not begin with /; write \"/api\"", in_quotes(text));
  if (text.find_first_of("?#*") != std::string_view::npos) {
    return fail("{} has a ?, # or *; write only the beginning of the path, \"/api\"",
                in_quotes(text));
  }
  if (std::ranges::any_of(
          text, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; })) {
    return fail("{} has a space or a control character; write \"%20\" and the like",
                in_quotes(text));
  }
  auto path = text;
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  for (auto rest = path.substr(1); text.size() > 1;) {
    const auto segment = rest.substr(0, rest.find('/'));
    if (segment.empty() || segment == "." || segment == "..") {
      return fail("{} has an empty segment, \".\" or \"..\"; write the plain path, \"/api/v1\"",
                  in_quotes(text));
    }
    if (segment.size() == rest.size()) break;
    rest.remove_prefix(segment.size() + 1);
  }
  return std::string(path);
}

Result<std::string> parse_route(std::string_view text) {
  constexpr std::size_t kLongest = 96;
  if (!text.starts_with('/')) {
    return fail("{} does not begin with /; write \"/user/:name\"", in_quotes(text));
  }
  if (text.size() > kLongest) {
    return fail("{} has more than {} bytes; end it with /*", in_quotes(text), kLongest);
  }
  const auto is_odd = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f ||
           std::string_view("?#\"\\").find(c) != std::string_view::npos;
  };
  if (std::ranges::any_of(text, is_odd)) {
    return fail(
        "{} is no path; write it as it is sent, \"%20\" for a space, without what follows ?",
        in_quotes(text));
  }
  for (auto rest = text; !rest.empty();) {
    rest.remove_prefix(1);
    const auto segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    if (segment == ":")
      return fail("{} has a name without letters; write \"/:name\"", in_quotes(text));
    if (segment.find('*') == std::string_view::npos) continue;
    if (segment != "*" || !rest.empty()) {
      return fail("{} has a * that is not the whole last segment; write \":name\" for one segment",
                  in_quotes(text));
    }
  }
  return std::string(text);
}

Result<std::string> parse_field_name(std::string_view text) {
  if (text.empty()) return std::string();
  if (!is_token(text)) return fail("{} is no header name; write \"X-Name\"", in_quotes(text));
  std::string name;
  std::ranges::transform(text, std::back_inserter(name), lower);
  if (std::ranges::find(kOwnFields, name) != kOwnFields.end()) {
    return fail("{} has a meaning of its own; write another, \"X-Name\"", in_quotes(text));
  }
  return std::string(text);
}

Result<std::string> parse_cookie_name(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  if (text.size() > kLongest) {
    return fail("{} is too long for a cookie's name; write \"livefix\"", in_quotes(text));
  }
  if (text.empty() || is_token(text)) return std::string(text);
  return fail("{} is no cookie name; write \"livefix\"", in_quotes(text));
}

}  // namespace livefix::cli
