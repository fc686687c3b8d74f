#include "http/field.h"

#include <algorithm>
#include <initializer_list>

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
        "content-encoding", "authorization", "cookie", "set-cookie", "x-real-ip", "trailer",
        "traceparent", "tracestate"}) {
    if (equals_lowercase(name, other)) return true;
  }
  return false;
}

}  // namespace

FieldId field_id(std::string_view name) {
  const auto any = [name](std::initializer_list<Known> candidates) {
    for (const Known& known : candidates) {
      if (equals_lowercase(name, known.name)) return known.id;
    }
    const bool imitation = std::ranges::any_of(
        candidates, [name](const Known& known) { return imitates(name, known.name); });
    return imitation ? FieldId::lookalike : FieldId::other;
  };
  using enum FieldId;
  switch (name.size()) {
    case 2:
      return any({{"te", te}});
    case 4:
      return any({{"host", host}});
    case 6:
      return any({{"expect", expect}, {"cookie", cookie}});
    case 7:
      return any({{"upgrade", upgrade}});
    case 9:
      return any({{"forwarded", forwarded}, {"x-real-ip", x_forwarded_other}});
    case 10:
      return any(
          {{"connection", connection}, {"keep-alive", keep_alive}, {"tracestate", tracestate}});
    case 11:
      return any({{"traceparent", traceparent}});
    case 14:
      return any({{"content-length", content_length},
                  {"http2-settings", http2_settings},
                  {"x-forwarded-by", x_forwarded_other}});
    case 15:
      return any({{"x-forwarded-for", x_forwarded_for},
                  {"x-forwarded-ssl", x_forwarded_other},
                  {"livefix-preview", livefix_preview}});
    case 16:
      return any({{"proxy-connection", proxy_connection},
                  {"x-forwarded-host", x_forwarded_other},
                  {"x-forwarded-port", x_forwarded_other}});
    case 17:
      return any(
          {{"transfer-encoding", transfer_encoding}, {"x-forwarded-proto", x_forwarded_proto}});
    case 18:
      return any({{"x-forwarded-prefix", x_forwarded_other},
                  {"x-forwarded-scheme", x_forwarded_other},
                  {"x-forwarded-server", x_forwarded_other}});
    case 19:
      return any({{"proxy-authorization", proxy_authorization}});
    default:
      return other;
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

bool has_only_elements_of(std::string_view list, std::string_view known) {
  bool has_any = false;
  return for_each_element(list,
                          [&](std::string_view member) {
                            has_any = true;
                            return !for_each_element(known, [member](std::string_view one) {
                              return !equals_ignoring_case(one, member);
                            });
                          }) &&
         has_any;
}

}  // namespace livefix::http
