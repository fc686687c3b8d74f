// Bytes both ways after an upgrade, until both sides have ended. An end of one side is passed on
// when all before it was; a failure of either is the end of both.
//
// A WebSocket can be ended in order: the client gets a Close frame where a frame of the backend
// ends, and what the backend says after that is thrown away. What the client says goes on to the
// backend, its answering Close frame last, with which the backend ends as well.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/websocket_frames.h"
#include "proxy/stream.h"

namespace livefix::proxy {

class Scratch;

class Tunnel {
 public:
  // busy: call again soon. parted: over in order after a goodbye, the client's end may take a
  // while.
  enum class Outcome : std::uint8_t { open, busy, over, parted };

  explicit Tunnel(bool is_websocket = false) : is_websocket_(is_websocket) {}

  bool is_websocket() const { return is_websocket_; }
  // Neither side has said a byte.
  bool is_untouched() const { return !to_backend_.used && !to_client_.used; }
  // Bytes that were passed on before the first pump.
  void note_begin(std::string_view from_client, std::string_view from_backend);
  Outcome pump(Stream& client, Stream& backend, Scratch& scratch);

  // Of a WebSocket: with the next pump, or as soon as a frame of the backend ends.
  void say_goodbye(http::CloseCode code) { goodbye_ = code; }
  // Of a WebSocket whose backend goes now: Close frames to whom no end was told yet. True when the
  // client has one, or gets it with what it has not taken yet: nothing else may be sent to it.
  bool part(Stream& client, Stream& backend, http::CloseCode code, const http::WebSocketMask& mask);

 private:
  struct Way {
    http::WebSocketFrames frames;
    bool used = false;
    bool source_ended = false;
    bool sink_ended = false;
    bool silenced = false;  // a Close frame was put in, the rest is thrown away
  };
  Outcome relay(Stream& from, Stream& to, Way& way, Scratch& scratch);
  bool pass(std::string_view bytes, Stream& to, Way& way);
  bool wants_goodbye(const Way& way) const;
  bool put_in_goodbye(Stream& to, Way& way);

  bool is_websocket_;
  std::optional<http::CloseCode> goodbye_;  // to the client
  Way to_backend_;
  Way to_client_;
};

}  // namespace livefix::proxy
