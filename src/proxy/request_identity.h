// Who sends a request, and what it is called: whether the peer is believed, the client's address,
// the request's id, its trace. Views of the head, which has to stay.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/head.h"
#include "http/request_id.h"
#include "http/trace_context.h"
#include "model/proxy_spec.h"

namespace livefix::proxy {

struct ClientOrigin;

class RequestIdentity {
 public:
  RequestIdentity(const ProxySpec& settings, const ClientOrigin& origin,
                  const http::RequestHead& head, http::RequestIdSource& ids);

  // The peer is one whose word counts: a proxy of the user's own.
  bool is_trusted() const { return trusted_; }
  std::string_view peer_ip() const { return peer_ip_; }
  // Empty where ids are switched off.
  std::string_view id() const { return made_ ? made_->view() : given_; }
  // The `traceparent` that the program gets; empty where the client's is none of our business.
  std::string_view traceparent() const { return made_trace_ ? made_trace_->view() : given_trace_; }
  // The same where the trace begins here, else empty.
  std::string_view made_traceparent() const {
    return made_trace_ ? made_trace_->view() : std::string_view{};
  }

 private:
  bool trusted_ = false;
  std::string peer_ip_;
  std::string_view given_;
  std::optional<http::RequestId> made_;
  std::string_view given_trace_;
  std::optional<http::TraceParent> made_trace_;
};

bool is_trusted(const ProxySpec& settings, const Address& peer);
// The address of the client: the peer's, or the one that peers who are believed have said. They
// say it in X-Forwarded-For, or where that is missing in Forwarded.
Address client_of(const ProxySpec& settings, const ClientOrigin& origin,
                  const http::RequestHead& head);

}  // namespace livefix::proxy
