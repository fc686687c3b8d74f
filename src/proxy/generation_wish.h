// Which generation a request asks for: by a field that names one, or by the cookie that it was
// given when it had its first answer there. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/ids.h"
#include "http/head.h"

namespace livefix::proxy {

struct GenerationWish {
  UnitId generation{};  // none: chance decides
  // For this request only, so that no cookie has to follow.
  bool by_field = false;
};

// The value of that field, where there is exactly one.
std::optional<std::string_view> single_field(const http::RequestHead& head, std::string_view name);
// The value of that cookie, the first one where there are several (RFC 6265 section 5.4).
std::optional<std::string_view> cookie_value(const http::RequestHead& head, std::string_view name);

}  // namespace livefix::proxy
