#include "http/preview_link.h"

#include <utility>

namespace livefix::http {
namespace {

bool is_preview_pair(std::string_view pair) {
  return pair.starts_with(kPreviewCookie) && pair.substr(kPreviewCookie.size()).starts_with('=');
}

std::string_view value_of_pair(std::string_view pair) {
  return pair.substr(kPreviewCookie.size() + 1);
}

// Calls `visit` with each part between two of `separator`, blanks and all.
template <class Visit>
void for_each_part(std::string_view list, char separator, const Visit& visit) {
  for (bool more = true; more;) {
    const auto end = list.find(separator);
    more = end != std::string_view::npos;
    visit(list.substr(0, end));
    if (more) list.remove_prefix(end + 1);
  }
}

// "//elsewhere.com" as a Location is another host, and so is "/\elsewhere.com" to browsers. Behind
// the segment for "here" they are what they were in the request: a path (RFC 3986 section 4.2).
std::string on_this_host(std::string_view path) {
  const bool is_absolute = path.starts_with('/');
  const std::string_view first = path.substr(is_absolute ? 1 : 0, 1);
  std::string place = first == "/" || first == "\\" ? "/." : "";
  if (!is_absolute) place += '/';
  return place.append(path);
}

}  // namespace

std::string_view preview_pass(const RequestHead& head) {
  std::string_view in_cookie;
  for (const Field& field : head.fields) {
    if (field.id == FieldId::livefix_preview) return field.value;
    if (field.id != FieldId::cookie || !in_cookie.empty()) continue;
    if (field.value.find(kPreviewCookie) == std::string_view::npos) continue;
    for_each_part(field.value, ';', [&](std::string_view part) {
      const auto pair = trim_blanks(part);
      if (in_cookie.empty() && is_preview_pair(pair)) in_cookie = value_of_pair(pair);
    });
  }
  return in_cookie;
}

std::optional<PreviewLink> preview_link(std::string_view target) {
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return std::nullopt;
  const std::string_view query = target.substr(mark + 1);
  if (query.find(kPreviewCookie) == std::string_view::npos) return std::nullopt;
  PreviewLink link;
  bool has_pass = false;
  std::string rest;
  for_each_part(query, '&', [&](std::string_view pair) {
    if (is_preview_pair(pair)) {
      if (!std::exchange(has_pass, true)) link.pass = value_of_pair(pair);
    } else {
      rest.append(rest.empty() ? "?" : "&").append(pair);
    }
  });
  if (!has_pass) return std::nullopt;
  link.place = on_this_host(target.substr(0, mark)) + rest;
  return link;
}

void write_cookies(HeadWriter& out, const Field& field) {
  if (field.value.find(kPreviewCookie) == std::string_view::npos) {
    return out.field(field.name, field.value);
  }
  // Never longer than it was: there is room for so much only.
  bool has_any = false;
  for_each_part(field.value, ';', [&](std::string_view part) {
    const auto pair = trim_blanks(part);
    if (pair.empty() || is_preview_pair(pair)) return;
    if (std::exchange(has_any, true)) {
      out << ";" << part;
    } else {
      out << field.name << ": " << pair;
    }
  });
  if (has_any) out << "\r\n";
}

}  // namespace livefix::http
