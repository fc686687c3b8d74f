#include "proxy/request_identity.h"

#include <algorithm>
#include <span>

#include "http/characters.h"
#include "http/forwarded_client.h"
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

// Two of them are none (Trace Context, section 3.2: exactly one is valid).
std::string_view given_traceparent(const http::RequestHead& head) {
  std::string_view given;
  for (const http::Field& field : head.fields) {
    if (field.id != http::FieldId::traceparent) continue;
    if (!given.empty() || !http::parse_traceparent(field.value)) return {};
    given = field.value;
  }
  return given;
}

}  // namespace

bool is_trusted(const ProxySpec& settings, const Address& peer) {
  return std::ranges::any_of(settings.trusted,
                             [&peer](const Network& network) { return network.contains(peer); });
}

Address client_of(const ProxySpec& settings, const ClientOrigin& origin,
                  const http::RequestHead& head) {
  const std::span<const http::Field> fields(head.fields.begin(), head.fields.size());
  const bool has_list = std::ranges::any_of(
      fields, [](const http::Field& field) { return field.id == http::FieldId::x_forwarded_for; });
  return http::forwarded_client(
      fields, has_list ? http::FieldId::x_forwarded_for : http::FieldId::forwarded, origin.peer,
      [&settings](const Address& peer) { return is_trusted(settings, peer); });
}

RequestIdentity::RequestIdentity(const ProxySpec& settings, const ClientOrigin& origin,
                                 const http::RequestHead& head, http::RequestIdSource& ids)
    : trusted_(proxy::is_trusted(settings, origin.peer)), peer_ip_(origin.peer.ip()) {
  // Anybody's, if it can do no harm: an id gives no rights, and programs may live by those that
  // their clients choose. So with traces.
  if (!settings.request_id.empty()) {
    given_ = given_id(head, settings.request_id);
    if (given_.empty()) made_ = ids.next();
  }
  if (!settings.traceparent) return;
  given_trace_ = given_traceparent(head);
  if (given_trace_.empty()) made_trace_.emplace(made_ ? *made_ : ids.next(), ids);
}

}  // namespace livefix::proxy
