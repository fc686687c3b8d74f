// Fields in the form that nghttp2 sends: lower-case names, their bytes in one place. A value.
#pragma once

#include <nghttp2/nghttp2.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/field.h"

namespace livefix::proxy {

class Http2Fields {
 public:
  void add(std::string_view name, std::string_view value);
  // Nothing where it belongs to a connection of HTTP/1 (RFC 9113 section 8.2.2).
  void add(const http::Field& field);

  bool empty() const { return sizes_.empty(); }
  void clear();
  // Valid until the next change.
  std::span<const nghttp2_nv> view();

 private:
  struct Sizes {
    std::size_t name;
    std::size_t value;
  };
  std::string bytes_;
  std::vector<Sizes> sizes_;
  std::vector<nghttp2_nv> view_;
};

}  // namespace livefix::proxy
