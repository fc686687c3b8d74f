// Header fields as views into the buffer that a head was scanned from. Values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/characters.h"

namespace livefix::http {

// The fields that a proxy has to understand.
enum class FieldId : std::uint8_t {
  other,
  connection,
  content_length,
  cookie,
  expect,
  forwarded,
  host,
  http2_settings,
  keep_alive,
  livefix_preview,
  lookalike,  // one of the others, with `_` for `-`
  proxy_authorization,
  proxy_connection,
  te,
  traceparent,
  tracestate,
  transfer_encoding,
  upgrade,
  x_forwarded_for,
  x_forwarded_proto,
  x_forwarded_other,  // -Host, -Port, -Server ..., and X-Real-IP, which says the same as -For
};

FieldId field_id(std::string_view name);

struct Field {
  std::string_view name;
  std::string_view value;  // without blanks around it
  FieldId id = FieldId::other;
};

// A bounded list without memory of its own; it is left uninitialised beyond its size, because a
// head is scanned for each request.
class FieldList {
 public:
  static constexpr std::size_t kMax = 128;

  // False when there are too many.
  bool add(const Field& field) {
    if (size_ == kMax) return false;
    fields_[size_++] = field;
    return true;
  }
  void clear() { size_ = 0; }
  std::size_t size() const { return size_; }
  const Field* begin() const { return fields_.data(); }
  const Field* end() const { return fields_.data() + size_; }

 private:
  std::size_t size_ = 0;
  std::array<Field, kMax> fields_;
};

// What Connection fields say (RFC 9110 section 7.6.1).
struct ConnectionOptions {
  static constexpr std::size_t kMaxNamed = 16;

  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
  // Other options: names of fields that are meant for this connection only.
  std::array<std::string_view, kMaxNamed> named{};
  std::size_t named_count = 0;

  // False when `value` is no list of tokens, or names too many fields. Names of fields that a
  // sender has no business removing (Host, Content-Length, Forwarded ...) are passed over.
  bool add(std::string_view value);
  bool names(std::string_view field) const;
};

// Calls `element(view)` for each member of a comma-separated list, empty ones left out, until it
// returns false; returns whether all were taken.
template <class Element>
bool for_each_element(std::string_view list, Element&& element) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view member = trim_blanks(list.substr(0, comma));
    if (!member.empty() && !element(member)) return false;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return true;
}

// Whether `list` has members, and each is one of `known`, whatever the case of its letters.
bool has_only_elements_of(std::string_view list, std::string_view known);

}  // namespace livefix::http
