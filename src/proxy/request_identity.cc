#include "proxy/request_identity.h"

#include <algorithm>

#include "http/characters.h"
#include "proxy/client_connection.h"

namespace livefix::proxy {
namespace {

std::string_view given_id(const http::RequestHead& head, std::string_view name) {
  for (const http::Field& field : head.fields) {
    if (http::equals_ignoring_case(field.name, name)) {
      return http::is_acceptable_request_id(field.value) ? field.value : std::string_view{};
    }
  }
  return {};
}

}  // namespace

bool is_trusted(const ProxySpec& settings, const Address& peer) {
  return std::ranges::any_of(settings.trusted,
                             [&peer](const Network& network) { return network.contains(peer); });
}

RequestIdentity::RequestIdentity(const ProxySpec& settings, const ClientOrigin& origin,
                                 const http::RequestHead& head, http::RequestIdSource& ids)
    : trusted_(proxy::is_trusted(settings, origin.peer)), peer_ip_(origin.peer.ip()) {
  if (settings.request_id.empty()) return;
  // Anybody's, if it can do no harm: an id gives no rights, and programs may live by those that
  // their clients choose.
  given_ = given_id(head, settings.request_id);
  if (given_.empty()) made_ = ids.next();
}

}  // namespace livefix::proxy
