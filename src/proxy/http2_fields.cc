#include "proxy/http2_fields.h"

#include "base/ascii.h"

namespace livefix::proxy {

void Http2Fields::add(std::string_view name, std::string_view value) {
  for (const char c : name) bytes_.push_back(livefix::lower(c));
  bytes_.append(value);
  sizes_.push_back({name.size(), value.size()});
}

void Http2Fields::add(const http::Field& field) {
  switch (field.id) {
    case http::FieldId::connection:
    case http::FieldId::keep_alive:
    case http::FieldId::proxy_connection:
    case http::FieldId::transfer_encoding:
    case http::FieldId::upgrade:
    case http::FieldId::http2_settings:
      return;
    default:
      add(field.name, field.value);
  }
}

void Http2Fields::clear() {
  bytes_.clear();
  sizes_.clear();
}

std::span<const nghttp2_nv> Http2Fields::view() {
  view_.clear();
  auto* at = reinterpret_cast<std::uint8_t*>(bytes_.data());
  for (const Sizes& sizes : sizes_) {
    view_.push_back({at, at + sizes.name, sizes.name, sizes.value, NGHTTP2_NV_FLAG_NONE});
    at += sizes.name + sizes.value;
  }
  return view_;
}

}  // namespace livefix::proxy
