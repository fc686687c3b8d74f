#include "proxy/generation_wish.h"

#include "http/characters.h"

namespace livefix::proxy {

std::optional<std::string_view> single_field(const http::RequestHead& head, std::string_view name) {
  std::optional<std::string_view> value;
  for (const http::Field& field : head.fields) {
    if (!http::equals_ignoring_case(field.name, name)) continue;
    if (value) return std::nullopt;
    value = field.value;
  }
  return value;
}

std::optional<std::string_view> cookie_value(const http::RequestHead& head, std::string_view name) {
  for (const http::Field& field : head.fields) {
    if (!http::equals_lowercase(field.name, "cookie")) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      const auto end = rest.find(';');
      const auto pair = http::trim_blanks(rest.substr(0, end));
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
      if (!pair.starts_with(name) || pair.substr(name.size(), 1) != "=") continue;
      return pair.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

}  // namespace livefix::proxy
