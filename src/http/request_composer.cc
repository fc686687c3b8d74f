#include "http/request_composer.h"

#include "http/head_writer.h"
#include "http/preview_link.h"

namespace livefix::http {
namespace {

// Whether every quoted string in it ends: one that does not would swallow what comes behind it.
bool quotes_end(std::string_view value) {
  bool quoted = false;
  bool escaped = false;
  for (const char c : value) {
    if (c == '"' && !escaped) quoted = !quoted;
    escaped = quoted && c == '\\' && !escaped;
  }
  return !quoted;
}

// A list field that may have come in several lines, in one, with a member of ours at the end.
void open_list(HeadWriter& out, const RequestHead& head, FieldId id, std::string_view name,
               bool is_trusted) {
  out << name << ": ";
  if (!is_trusted) return;
  for (const Field& field : head.fields) {
    if (field.id == id && !field.value.empty() && quotes_end(field.value)) {
      out << field.value << ", ";
    }
  }
}

void write_origin(HeadWriter& out, const RequestHead& head, const RequestOrigin& origin,
                  bool has_proto) {
  open_list(out, head, FieldId::x_forwarded_for, "X-Forwarded-For", origin.is_trusted);
  out << origin.client_ip << "\r\n";
  if (!has_proto) out.field("X-Forwarded-Proto", origin.scheme);
  open_list(out, head, FieldId::forwarded, "Forwarded", origin.is_trusted);
  // RFC 7239 section 6: an IPv6 address is bracketed and, as it has colons, quoted.
  const bool ipv6 = origin.client_ip.find(':') != std::string_view::npos;
  out << "for=" << (ipv6 ? "\"[" : "") << origin.client_ip << (ipv6 ? "]\"" : "")
      << ";proto=" << origin.scheme << "\r\n";
}

bool is_id_field(const Field& field, const RequestOrigin& origin) {
  return field.name.size() == origin.id_field.size() &&
         equals_ignoring_case(field.name, origin.id_field);
}

}  // namespace

std::size_t compose_request(const RequestHead& head, const RequestOrigin& origin,
                            std::span<char> out_buffer) {
  HeadWriter out(out_buffer);
  out << head.method_name << " ";
  if (head.target.empty() || head.target.front() == '?') out << "/";
  out << head.target << " HTTP/1.1\r\n";

  bool has_host = false;
  bool has_length = false;
  bool has_proto = false;
  for (const Field& field : head.fields) {
    switch (field.id) {
      case FieldId::connection:
      case FieldId::keep_alive:
      case FieldId::proxy_connection:
      case FieldId::proxy_authorization:
      case FieldId::http2_settings:
      case FieldId::te:
      case FieldId::transfer_encoding:
      case FieldId::upgrade:
      case FieldId::x_forwarded_for:
      case FieldId::forwarded:
      case FieldId::livefix_preview:
        continue;
      case FieldId::cookie:
        write_cookies(out, field);
        continue;
      case FieldId::content_length:
        // Equal values may have come twice: one goes on, as a plain number.
        if (!has_length) out << field.name << ": " << *head.content_length << "\r\n";
        has_length = true;
        continue;
      case FieldId::host:
        out.field(field.name, head.host);
        has_host = true;
        continue;
      case FieldId::x_forwarded_proto:
        if (!origin.is_trusted) continue;
        has_proto = true;
        break;
      case FieldId::x_forwarded_other:
        if (!origin.is_trusted) continue;
        break;
      case FieldId::traceparent:
      case FieldId::tracestate:
        if (!origin.traceparent.empty()) continue;
        break;
      case FieldId::expect:
      case FieldId::lookalike:
      case FieldId::other:
        if (head.connection.named_count > 0 && head.connection.names(field.name)) continue;
        if (is_id_field(field, origin)) continue;
        break;
    }
    out.field(field.name, field.value);
  }

  if (!has_host) out.field("Host", head.host.empty() ? origin.default_host : head.host);
  if (std::holds_alternative<ChunkedBody>(head.body)) out.field("Transfer-Encoding", "chunked");
  if (!head.upgrade.empty()) {
    out.field("Connection", head.accepts_trailers ? "Upgrade, TE" : "Upgrade");
    out.field("Upgrade", head.upgrade);
  } else if (head.accepts_trailers) {
    out.field("Connection", "TE");
  }
  if (head.accepts_trailers) out.field("TE", "trailers");
  if (!origin.id_field.empty()) out.field(origin.id_field, origin.id);
  if (!origin.traceparent.empty()) out.field("traceparent", origin.traceparent);
  write_origin(out, head, origin, has_proto);
  out << "\r\n";
  return out.size();
}

}  // namespace livefix::http
