#include "http/authority.h"

#include <algorithm>
#include <cstdint>

#include "http/characters.h"

namespace livefix::http {
namespace {

bool is_valid_port(std::string_view digits) {
  if (digits.size() > 5 || !std::ranges::all_of(digits, is_digit)) return false;
  std::uint32_t port = 0;
  for (const char digit : digits) port = port * 10 + static_cast<std::uint32_t>(digit - '0');
  return port <= 65'535;
}

bool is_valid_name(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '%') {
      if (i + 2 >= name.size() || hexadecimal_value(name[i + 1]) < 0 ||
          hexadecimal_value(name[i + 2]) < 0) {
        return false;
      }
      i += 2;
    } else if (!kRegisteredNameTable[static_cast<unsigned char>(name[i])]) {
      return false;
    }
  }
  return true;
}

// Only the alphabet: whether it is an address is for whoever resolves it.
bool is_valid_ip_literal(std::string_view inside) {
  return !inside.empty() && std::ranges::all_of(inside, [](char c) {
    return hexadecimal_value(c) >= 0 || c == ':' || c == '.';
  });
}

}  // namespace

bool is_valid_authority(std::string_view authority, bool port_required) {
  std::string_view host = authority;
  std::string_view port;
  bool has_port = false;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) return false;
    if (!is_valid_ip_literal(authority.substr(1, close - 1))) return false;
    const std::string_view rest = authority.substr(close + 1);
    if (!rest.empty() && rest.front() != ':') return false;
    has_port = !rest.empty();
    port = rest.substr(has_port ? 1 : 0);
  } else {
    const std::size_t colon = authority.find(':');
    host = authority.substr(0, colon);
    has_port = colon != std::string_view::npos;
    if (has_port) port = authority.substr(colon + 1);
    if (!is_valid_name(host)) return false;
    if (host.empty() && has_port) return false;
  }
  if (port_required && (port.empty() || host.empty())) return false;
  return is_valid_port(port);
}

}  // namespace livefix::http
