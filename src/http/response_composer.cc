#include "http/response_composer.h"

#include "http/head_writer.h"
#include "http/preview_link.h"

namespace livefix::http {
namespace {

void write_connection(HeadWriter& out, const ResponseHead& head, ClientConnectionField connection) {
  constexpr int kUpgradeRequired = 426;
  const bool names_upgrade = head.status == kUpgradeRequired && !head.upgrade.empty();
  switch (connection) {
    case ClientConnectionField::none:
      if (names_upgrade) out.field("Connection", "Upgrade");
      break;
    case ClientConnectionField::close:
      out.field("Connection", names_upgrade ? "Upgrade, close" : "close");
      break;
    case ClientConnectionField::keep_alive:
      out.field("Connection", "keep-alive");
      break;
    case ClientConnectionField::upgrade:
      out.field("Connection", "Upgrade");
      break;
  }
  if (names_upgrade || connection == ClientConnectionField::upgrade) {
    out.field("Upgrade", head.upgrade);
  }
}

// A cache that many clients share would give them all the cookie of the first; it may keep the rest
// (RFC 9111 section 5.2.2.7). Browsers keep everything.
void write_cookie(HeadWriter& out, const ResponseCookie& cookie) {
  if (cookie.value.empty() || cookie.name.size() + cookie.value.size() > kMaxCookieBytes) return;
  out << "Set-Cookie: " << cookie.name << "=" << cookie.value << "; Path=/; HttpOnly; SameSite=Lax"
      << (cookie.secure ? "; Secure\r\n" : "\r\n") << "Cache-Control: private=\"set-cookie\"\r\n";
}

// No cache may keep it: whoever asks that one next shall see what everybody sees.
void write_preview(HeadWriter& out, std::string_view what) {
  if (what.empty()) return;
  out.field(kPreviewField, what);
  out.field("Cache-Control", "no-store");
}

}  // namespace

std::size_t compose_response(const ResponseHead& head, const ResponseRewrite& rewrite,
                             std::span<char> out_buffer) {
  HeadWriter out(out_buffer);
  out << "HTTP/1.1 " << static_cast<std::uint64_t>(head.status) << " " << head.reason << "\r\n";
  // RFC 9110 section 8.6 and RFC 9112 section 6.1: neither 1xx nor 204 has a framing.
  const bool framed = head.status >= 200 && head.status != 204;
  const bool chunked = std::holds_alternative<ChunkedBody>(head.body);
  bool has_length = false;
  for (const Field& field : head.fields) {
    switch (field.id) {
      case FieldId::connection:
      case FieldId::keep_alive:
      case FieldId::proxy_connection:
      case FieldId::te:
      case FieldId::transfer_encoding:
      case FieldId::upgrade:
        continue;
      case FieldId::content_length:
        if (framed && !has_length) out << field.name << ": " << *head.content_length << "\r\n";
        has_length = true;
        continue;
      default:
        if (head.connection.named_count > 0 && head.connection.names(field.name)) continue;
        out.field(field.name, field.value);
    }
  }
  if (chunked && framed && !rewrite.unchunked) out.field("Transfer-Encoding", "chunked");
  write_cookie(out, rewrite.cookie);
  write_preview(out, rewrite.preview);
  write_connection(out, head, rewrite.connection);
  out << "\r\n";
  return out.size();
}

}  // namespace livefix::http
