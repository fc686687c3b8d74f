#include "http/message_framing.h"

#include <limits>

namespace livefix::http {
namespace {

// Decimal digits and nothing else; nullopt also when it does not fit into 63 bits.
std::optional<std::uint64_t> parse_length(std::string_view text) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::int64_t>::max();
  if (text.empty()) return std::nullopt;
  std::uint64_t length = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (length > (kMax - digit) / 10) return std::nullopt;
    length = length * 10 + digit;
  }
  return length;
}

}  // namespace

std::optional<Refusal> MessageFraming::add_content_length(std::string_view value) {
  // Equal members of a list are one value (RFC 9110 section 8.6); an empty member is none.
  for (;;) {
    const std::size_t comma = value.find(',');
    const auto length = parse_length(trim_blanks(value.substr(0, comma)));
    if (!length) return Refusal{400, "Content-Length is not a number"};
    if (length_ && length_ != length) return Refusal{400, "there are two different lengths"};
    length_ = length;
    if (comma == std::string_view::npos) return std::nullopt;
    value.remove_prefix(comma + 1);
  }
}

std::optional<Refusal> MessageFraming::add_transfer_encoding(std::string_view value) {
  std::optional<Refusal> refusal;
  bool any = false;
  has_transfer_encoding_ = true;
  for_each_element(value, [&](std::string_view coding) {
    any = true;
    if (equals_lowercase(coding, "chunked")) {
      if (chunked_) refusal = Refusal{400, "the body is chunked twice"};
      chunked_ = true;
    } else if (chunked_) {
      refusal = Refusal{400, "chunked is not the last transfer coding"};
    } else if (is_token(coding)) {
      refusal = Refusal{501, "a transfer coding other than chunked is not supported"};
    } else {
      refusal = Refusal{400, "a transfer coding is malformed"};
    }
    return !refusal;
  });
  if (!any) return Refusal{400, "Transfer-Encoding is empty"};
  return refusal;
}

std::optional<Refusal> MessageFraming::check(Version version) const {
  if (!has_transfer_encoding_) return std::nullopt;
  if (length_) return Refusal{400, "there are both Content-Length and Transfer-Encoding"};
  if (version == Version::http10) return Refusal{400, "HTTP/1.0 has no Transfer-Encoding"};
  return std::nullopt;
}

}  // namespace livefix::http
