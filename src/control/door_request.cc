#include "control/door_request.h"

#include <algorithm>

namespace livefix::control {

std::string_view DoorRequest::path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

bool DoorRequest::wants_events() const {
  return accept.find("text/event-stream") != std::string::npos;
}

std::string_view page_security() {
  return "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
         "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
         "frame-ancestors 'none'\r\n"
         "X-Content-Type-Options: nosniff\r\n"
         "Referrer-Policy: no-referrer\r\n"
         "Cross-Origin-Resource-Policy: same-origin\r\n";
}

std::string_view cookie_named(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const std::string_view one = cookies.substr(0, cookies.find(';'));
    cookies.remove_prefix(std::min(one.size() + 1, cookies.size()));
    const std::string_view pair = one.substr(std::min(one.find_first_not_of(' '), one.size()));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
      return pair.substr(name.size() + 1);
    }
  }
  return {};
}

Provenance provenance_of(const DoorRequest& request) {
  if (!request.fetch_site.empty()) {
    return request.fetch_site == "same-origin" ? Provenance::own_page : Provenance::elsewhere;
  }
  if (request.origin.empty()) return Provenance::unknown;
  // Whether it is http or https is not known here: TLS may end at a proxy in front.
  const auto scheme = request.origin.find("://");
  const bool is_own = scheme != std::string::npos && !request.host.empty() &&
                      std::string_view(request.origin).substr(scheme + 3) == request.host;
  return is_own ? Provenance::own_page : Provenance::elsewhere;
}

}  // namespace livefix::control
