// What Content-Length and Transfer-Encoding say together (RFC 9112 section 6). Anything that two
// readers could understand differently is refused: that is what request smuggling is made of.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/head.h"

namespace livefix::http {

class MessageFraming {
 public:
  // Each field in turn; a refusal's status is meant for requests.
  std::optional<Refusal> add_content_length(std::string_view value);
  std::optional<Refusal> add_transfer_encoding(std::string_view value);
  // After the last one.
  std::optional<Refusal> check(Version version) const;

  bool chunked() const { return chunked_; }
  std::optional<std::uint64_t> content_length() const { return length_; }

 private:
  std::optional<std::uint64_t> length_;
  bool has_transfer_encoding_ = false;
  bool chunked_ = false;
};

}  // namespace livefix::http
