#include "http/request_scanner.h"

#include <algorithm>

#include "http/authority.h"
#include "http/field_scanner.h"
#include "http/message_framing.h"

namespace livefix::http {
namespace {

// Left to right, so that a bad byte is refused as soon as it is seen.
ScanOutcome scan_version(std::string_view input, std::size_t at, Version& version) {
  constexpr std::string_view kPrefix = "HTTP/";
  for (const char expected : kPrefix) {
    if (at == input.size()) return NeedsMore{};
    if (input[at++] != expected) return Refusal{400, "the request line does not end in a version"};
  }
  if (input.size() - at < 3) return NeedsMore{};
  const std::string_view number = input.substr(at, 3);
  if (!is_digit(number[0]) || number[1] != '.' || !is_digit(number[2])) {
    return Refusal{400, "the request line does not end in a version"};
  }
  if (number != "1.1" && number != "1.0") {
    return Refusal{505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
  }
  version = number == "1.1" ? Version::http11 : Version::http10;
  return scan_line_end(input, at + 3);
}

std::optional<Refusal> take_absolute_target(RequestHead& head) {
  const std::size_t scheme = head.target.find("://");
  if (scheme == std::string_view::npos) return Refusal{400, "the request target is malformed"};
  const std::string_view name = head.target.substr(0, scheme);
  if (!equals_lowercase(name, "http") && !equals_lowercase(name, "https")) {
    return Refusal{400, "the request target has a scheme other than http"};
  }
  const std::string_view rest = head.target.substr(scheme + 3);
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  head.host = rest.substr(0, path);
  head.host_from_target = true;
  if (head.host.empty() || !is_valid_authority(head.host)) {
    return Refusal{400, "the authority of the request target is malformed"};
  }
  head.target = rest.substr(path);
  // RFC 9112 section 3.2.4: OPTIONS without path or query asks about the whole server.
  if (head.target.empty() && head.method == Method::options) head.target = "*";
  return std::nullopt;
}

std::optional<Refusal> check_target(RequestHead& head) {
  head.host_from_target = false;
  head.host = {};
  if (head.method == Method::connect) {
    if (is_valid_authority(head.target, true)) return std::nullopt;
    return Refusal{400, "the target of CONNECT is not host:port"};
  }
  if (head.target.front() == '/') return std::nullopt;
  if (head.target == "*") {
    if (head.method == Method::options) return std::nullopt;
    return Refusal{400, "the target * is for OPTIONS only"};
  }
  return take_absolute_target(head);
}

ScanOutcome scan_request_line(std::string_view input, std::size_t at, RequestHead& head) {
  const std::size_t method = at;
  while (at < input.size() && is_token_character(input[at])) ++at;
  if (at == input.size()) return NeedsMore{};
  if (at == method || input[at] != ' ') return Refusal{400, "the request method is malformed"};
  head.method_name = input.substr(method, at - method);
  head.method = method_of(head.method_name);

  const std::size_t target = ++at;
  while (at < input.size() && static_cast<unsigned char>(input[at]) > ' ' && input[at] != 0x7f &&
         input[at] != '#') {
    ++at;
  }
  if (at == input.size()) return NeedsMore{};
  if (at != target && (input[at] == '\r' || input[at] == '\n')) {
    return Refusal{400, "the request line does not end in a version"};
  }
  if (at == target || input[at] != ' ') return Refusal{400, "the request target is malformed"};
  head.target = input.substr(target, at - target);
  if (const auto refusal = check_target(head)) return *refusal;
  return scan_version(input, at + 1, head.version);
}

// "Upgrade: h2c" is an offer to this hop and not forwarded; one with a body would need the body
// to end before the tunnel begins, and a server may always pass over an offer.
void settle_upgrade(RequestHead& head) {
  const bool wanted = head.connection.upgrade && head.version == Version::http11 &&
                      std::holds_alternative<NoBody>(head.body);
  const bool plain = for_each_element(head.upgrade, [](std::string_view protocol) {
    return !equals_lowercase(protocol.substr(0, 3), "h2c") &&
           !equals_lowercase(protocol.substr(0, 5), "http/");
  });
  if (!wanted || !plain) head.upgrade = {};
}

std::optional<Refusal> derive(RequestHead& head) {
  head.connection = {};
  head.expects_continue = head.accepts_trailers = false;
  head.upgrade = {};
  MessageFraming framing;
  int hosts = 0;
  std::optional<Refusal> refusal;
  for (const Field& field : head.fields) {
    switch (field.id) {
      case FieldId::connection:
        if (!head.connection.add(field.value)) refusal = Refusal{400, "Connection is malformed"};
        break;
      case FieldId::content_length:
        refusal = framing.add_content_length(field.value);
        break;
      case FieldId::transfer_encoding:
        refusal = framing.add_transfer_encoding(field.value);
        break;
      case FieldId::expect:
        head.expects_continue |= equals_lowercase(field.value, "100-continue");
        break;
      case FieldId::host:
        if (++hosts > 1) refusal = Refusal{400, "there is more than one Host"};
        if (!is_valid_authority(field.value)) refusal = Refusal{400, "Host is malformed"};
        if (!head.host_from_target) head.host = field.value;
        break;
      case FieldId::lookalike:
        refusal = Refusal{400, "a field name has an underscore for the hyphen of another one"};
        break;
      case FieldId::te:
        for_each_element(field.value, [&](std::string_view coding) {
          head.accepts_trailers |=
              equals_lowercase(trim_blanks(coding.substr(0, coding.find(';'))), "trailers");
          return true;
        });
        break;
      case FieldId::upgrade:
        if (!head.upgrade.empty()) refusal = Refusal{400, "there is more than one Upgrade"};
        head.upgrade = field.value;
        break;
      default:
        break;
    }
    if (refusal) return refusal;
  }
  if (hosts == 0 && head.version == Version::http11) return Refusal{400, "there is no Host"};
  if ((refusal = framing.check(head.version))) return refusal;

  head.body = NoBody{};
  if (framing.chunked()) head.body = ChunkedBody{};
  head.content_length = framing.content_length();
  if (head.content_length.value_or(0) > 0) head.body = LengthBody{*head.content_length};
  head.expects_continue &= head.version == Version::http11;
  head.keep_alive = persists(head.connection, head.version);
  settle_upgrade(head);
  return std::nullopt;
}

ScanOutcome scan(std::string_view input, RequestHead& head) {
  std::size_t at = 0;
  if (!input.empty() && input.front() == '\r') {
    const auto empty_line = scan_line_end(input, 0);
    if (!std::holds_alternative<Complete>(empty_line)) return empty_line;
    at = 2;
  }
  auto outcome = scan_request_line(input, at, head);
  if (const auto* line = std::get_if<Complete>(&outcome)) {
    outcome = scan_fields(input, line->size, head.fields);
  }
  if (std::holds_alternative<Complete>(outcome)) {
    if (const auto refusal = derive(head)) return *refusal;
  }
  return outcome;
}

}  // namespace

Method method_of(std::string_view name) {
  switch (name.size()) {
    case 3:
      if (name == "GET") return Method::get;
      return name == "PUT" ? Method::put : Method::other;
    case 4:
      if (name == "POST") return Method::post;
      return name == "HEAD" ? Method::head : Method::other;
    case 5:
      if (name == "PATCH") return Method::patch;
      return name == "TRACE" ? Method::trace : Method::other;
    case 6:
      return name == "DELETE" ? Method::del : Method::other;
    case 7:
      if (name == "OPTIONS") return Method::options;
      return name == "CONNECT" ? Method::connect : Method::other;
    default:
      return Method::other;
  }
}

ScanOutcome scan_request(std::string_view input, RequestHead& head) {
  // What lies beyond the limit is never looked at, so that the outcome does not depend on how
  // much of it has arrived.
  const auto outcome = scan(input.substr(0, kMaxHeadBytes), head);
  if (std::holds_alternative<NeedsMore>(outcome) && input.size() >= kMaxHeadBytes) {
    return Refusal{431, "the request head is too large"};
  }
  return outcome;
}

}  // namespace livefix::http
