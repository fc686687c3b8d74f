#include "http/websocket_frames.h"

#include <algorithm>
#include <limits>

namespace livefix::http {
namespace {

constexpr unsigned kOpcode = 0x0f;
constexpr unsigned kClose = 0x8;
constexpr unsigned kFinal = 0x80;
constexpr unsigned kMasked = 0x80;
constexpr unsigned kSize = 0x7f;
constexpr unsigned kSizeOf16 = 126;
constexpr unsigned kSizeOf64 = 127;
constexpr std::uint64_t kMaskBytes = std::tuple_size_v<WebSocketMask>;

std::string_view reason_of(CloseCode code) {
  return code == CloseCode::service_restart ? "service restart" : "going away";
}

}  // namespace

std::optional<std::size_t> WebSocketFrames::advance(std::string_view bytes) {
  std::optional<std::size_t> boundary;
  if (at_boundary()) boundary = 0;
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (part_ == Part::payload) {
      const std::uint64_t taken = std::min<std::uint64_t>(left_, bytes.size() - at);
      left_ -= taken;
      at += static_cast<std::size_t>(taken);
      if (left_ == 0) part_ = Part::start;
    } else {
      const auto byte = static_cast<unsigned char>(bytes[at++]);
      if (part_ == Part::start) {
        closing_ = closing_ || (byte & kOpcode) == kClose;
        part_ = Part::size;
      } else {
        take_size(byte);
      }
    }
    if (at_boundary()) boundary = at;
  }
  return boundary;
}

void WebSocketFrames::take_size(unsigned char byte) {
  if (part_ == Part::long_size) {
    left_ = left_ << 8 | byte;
    if (--size_bytes_left_ == 0) begin_payload();
    return;
  }
  masked_ = (byte & kMasked) != 0;
  left_ = byte & kSize;
  if (left_ < kSizeOf16) return begin_payload();
  size_bytes_left_ = left_ == kSizeOf64 ? 8 : 2;
  left_ = 0;
  part_ = Part::long_size;
}

void WebSocketFrames::begin_payload() {
  // A size with its highest bit set is forbidden. Such a frame never ends here.
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max() - kMaskBytes;
  left_ = std::min(left_, kMost) + (masked_ ? kMaskBytes : 0);
  part_ = left_ == 0 ? Part::start : Part::payload;
}

std::string compose_close(CloseCode code, std::optional<WebSocketMask> mask) {
  const std::string_view reason = reason_of(code);
  const auto number = static_cast<unsigned>(code);
  std::string payload{static_cast<char>(number >> 8), static_cast<char>(number & 0xff)};
  payload += reason;
  std::string frame{static_cast<char>(kFinal | kClose),
                    static_cast<char>((mask ? kMasked : 0) | payload.size())};
  if (mask) {
    frame.append(mask->begin(), mask->end());
    for (std::size_t i = 0; i < payload.size(); ++i) {
      payload[i] = static_cast<char>(payload[i] ^ (*mask)[i % kMaskBytes]);
    }
  }
  return frame + payload;
}

}  // namespace livefix::http
