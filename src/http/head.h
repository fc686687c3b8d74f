// Heads of HTTP/1 messages as a scanner leaves them: views into the scanned buffer, which must
// stay as it is while the head is used.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "http/field.h"

namespace livefix::http {

inline constexpr std::size_t kMaxHeadBytes = 64 * 1024;

// --- outcomes of scanning ------------------------------------------------------------------------

struct Complete {
  std::size_t size = 0;  // of the head, with the empty line
};
struct NeedsMore {};
// The message cannot be served: `status` is what a client is told (400, 431, 501, 505; always 502
// for a response), `reason` a static sentence without a full stop.
struct Refusal {
  int status = 400;
  std::string_view reason;
};
using ScanOutcome = std::variant<Complete, NeedsMore, Refusal>;

// --- heads ---------------------------------------------------------------------------------------

enum class Version : std::uint8_t { http10, http11 };

enum class Method : std::uint8_t {
  get,
  head,
  post,
  put,
  del,
  patch,
  options,
  trace,
  connect,
  other
};

// "GET"; "OTHER" for what we do not know.
constexpr std::string_view name_of(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::del:
      return "DELETE";
    case Method::patch:
      return "PATCH";
    case Method::options:
      return "OPTIONS";
    case Method::trace:
      return "TRACE";
    case Method::connect:
      return "CONNECT";
    case Method::other:
      break;
  }
  return "OTHER";
}

// May be sent again without asking (RFC 9110 section 9.2.2). PATCH and what we do not know may not.
constexpr bool is_idempotent(Method method) {
  return method == Method::get || method == Method::head || method == Method::put ||
         method == Method::del || method == Method::options || method == Method::trace;
}

// How the end of a body is told (RFC 9112 section 6.3).
struct NoBody {};
struct LengthBody {
  std::uint64_t bytes = 0;
};
struct ChunkedBody {};
struct CloseBody {};  // responses only: until the connection closes
using Body = std::variant<NoBody, LengthBody, ChunkedBody, CloseBody>;

// Whether the connection outlives the message (RFC 9112 section 9.3).
inline bool persists(const ConnectionOptions& options, Version version) {
  return !options.close && (version == Version::http11 || options.keep_alive);
}

struct RequestHead {
  Method method = Method::other;
  std::string_view method_name;
  // In origin form, or "*". It may begin with '?' or be empty where an absolute target had no
  // path: the composer writes the '/' then.
  std::string_view target;
  // Of the absolute target, or of Host; empty when there was neither.
  std::string_view host;
  bool host_from_target = false;
  Version version = Version::http11;
  FieldList fields;

  Body body;
  std::optional<std::uint64_t> content_length;
  ConnectionOptions connection;
  bool keep_alive = true;  // the client would send another request here
  bool expects_continue = false;
  bool accepts_trailers = false;
  std::string_view upgrade;  // what to upgrade to; empty when nothing is to be forwarded
};

struct ResponseHead {
  int status = 0;
  std::string_view reason;
  Version version = Version::http11;
  FieldList fields;

  Body body;  // as the head says; body_of() takes the request into account
  std::optional<std::uint64_t> content_length;
  ConnectionOptions connection;
  bool keep_alive = true;                           // the backend would take another request here
  std::optional<std::uint32_t> keep_alive_seconds;  // Keep-Alive: timeout=N
  std::string_view upgrade;

  bool is_interim() const { return status < 200 && status != 101; }
};

// The body of a response to a request of `method`: a HEAD, 1xx, 204 or 304 has none.
inline Body body_of(const ResponseHead& head, Method method) {
  if (method == Method::head || head.status < 200 || head.status == 204 || head.status == 304) {
    return NoBody{};
  }
  return head.body;
}

}  // namespace livefix::http
