// Where the frames of a WebSocket end (RFC 6455 section 5.2), in bytes that are passed on as they
// are: only headers are looked at, payloads are skipped. And the frame that says goodbye. A value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace livefix::http {

class WebSocketFrames {
 public:
  // Takes the next bytes of one direction. Returns how many of them are in front of the last place
  // where a frame ends, or could begin: there a control frame may be put in, also between the
  // fragments of a message (section 5.4). Nothing: in all of them is no such place.
  std::optional<std::size_t> advance(std::string_view bytes);

  // The last byte was that of a frame, or there was none.
  bool at_boundary() const { return part_ == Part::start; }
  // A Close frame has begun: none may follow it (section 5.5.1).
  bool closing() const { return closing_; }

 private:
  enum class Part : std::uint8_t { start, size, long_size, payload };

  void take_size(unsigned char byte);
  void begin_payload();

  Part part_ = Part::start;
  bool closing_ = false;
  bool masked_ = false;
  std::uint8_t size_bytes_left_ = 0;
  std::uint64_t left_ = 0;  // of the payload, with the mask in front of it; first, its size
};

// Status codes of Close frames (section 7.4.1; 1012 is in IANA's registry).
enum class CloseCode : std::uint16_t { going_away = 1001, service_restart = 1012 };

using WebSocketMask = std::array<char, 4>;

// A whole Close frame. `mask`: what clients put on all that they send (section 5.3).
std::string compose_close(CloseCode code, std::optional<WebSocketMask> mask = std::nullopt);

}  // namespace livefix::http
