#include "http/field.h"

namespace livefix::http {
namespace {

struct Known {
  std::string_view name;
  FieldId id;
};

// To CGI and its kin (WSGI, PHP), which know no difference between `-` and `_`, such a field is the
// one that the proxy understands, or writes itself.
bool imitates(std::string_view name, std::string_view known) {
  if (name.size() != known.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if ((name[i] == '_' ? '-' : lower(name[i])) != known[i]) return false;
  }
  return true;
}

// What names a field in Connection must not take away: removal would change the meaning of the
// message or forge where it came from.
bool is_protected(std::string_view name) {
  constexpr std::string_view kForwardedPrefix = "x-forwarded-";
  if (equals_lowercase(name.substr(0, kForwardedPrefix.size()), kForwardedPrefix)) return true;
  for (const std::string_view other :
       {"host", "content-length", "transfer-encoding", "forwarded", "content-type",
        "content-encoding", "authorization", "cookie", "set-cookie", "x-real-ip", "trailer"}) {
    if (equals_lowercase(name, other)) return true;
  }
  return false;
}

}  // namespace

FieldId field_id(std::string_view name) {
  const auto either = [name](Known a, Known b = {}) {
    if (equals_lowercase(name, a.name)) return a.id;
    if (equals_lowercase(name, b.name)) return b.id;
    return imitates(name, a.name) || imitates(name, b.name) ? FieldId::lookalike : FieldId::other;
  };
  switch (name.size()) {
    case 2:
      return either({"te", FieldId::te});
    case 4:
      return either({"host", FieldId::host});
    case 6:
      return either({"expect", FieldId::expect});
    case 7:
      return either({"upgrade", FieldId::upgrade});
    case 9:
      return either({"forwarded", FieldId::forwarded});
    case 10:
      return either({"connection", FieldId::connection}, {"keep-alive", FieldId::keep_alive});
    case 14:
      return either({"content-length", FieldId::content_length},
                    {"http2-settings", FieldId::http2_settings});
    case 15:
      return either({"x-forwarded-for", FieldId::x_forwarded_for});
    case 16:
      return either({"proxy-connection", FieldId::proxy_connection});
    case 17:
      return either({"transfer-encoding", FieldId::transfer_encoding},
                    {"x-forwarded-proto", FieldId::x_forwarded_proto});
    case 19:
      return either({"proxy-authorization", FieldId::proxy_authorization});
    default:
      return FieldId::other;
  }
}

bool ConnectionOptions::add(std::string_view value) {
  return for_each_element(value, [this](std::string_view option) {
    if (!is_token(option)) return false;
    if (equals_lowercase(option, "close")) {
      close = true;
    } else if (equals_lowercase(option, "keep-alive")) {
      keep_alive = true;
    } else if (equals_lowercase(option, "upgrade")) {
      upgrade = true;
    } else if (!is_protected(option)) {
      if (named_count == kMaxNamed) return false;
      named[named_count++] = option;
    }
    return true;
  });
}

bool ConnectionOptions::names(std::string_view field) const {
  for (std::size_t i = 0; i < named_count; ++i) {
    if (equals_ignoring_case(named[i], field)) return true;
  }
  return false;
}

}  // namespace livefix::http
