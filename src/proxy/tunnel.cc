#include "proxy/tunnel.h"

#include "proxy/worker_context.h"

namespace livefix::proxy {

void Tunnel::note_begin(std::string_view from_client, std::string_view from_backend) {
  if (!is_websocket_) return;
  to_backend_.frames.advance(from_client);
  to_client_.frames.advance(from_backend);
}

Tunnel::Outcome Tunnel::relay(Stream& from, Stream& to, Way& way, Scratch& scratch) {
  if (!to.flush()) return Outcome::over;
  for (int reads = 0; !way.source_ended && from.readable() && (way.silenced || !to.blocked());
       ++reads) {
    if (reads == kReadsInARow) return Outcome::busy;
    const auto received = from.receive({scratch.input(), kReadSize});
    switch (received.kind) {
      case Stream::Read::data:
        way.used = true;
        if (!pass({scratch.input(), received.bytes}, to, way)) return Outcome::over;
        break;
      case Stream::Read::nothing:
        break;
      case Stream::Read::end:
        way.source_ended = true;
        break;
      case Stream::Read::failure:
        return Outcome::over;
    }
  }
  if (wants_goodbye(way) && way.frames.at_boundary() && !way.source_ended) {
    if (!put_in_goodbye(to, way)) return Outcome::over;
  }
  // Who has said goodbye and heard it need not wait for what the backend does.
  const bool is_said = way.silenced && to_backend_.frames.closing();
  if ((way.source_ended || is_said) && !way.sink_ended && !to.blocked()) {
    to.shut_down_sending();
    way.sink_ended = true;
  }
  return Outcome::open;
}

bool Tunnel::pass(std::string_view bytes, Stream& to, Way& way) {
  if (way.silenced) return true;
  if (!is_websocket_) return to.send(bytes);
  const auto boundary = way.frames.advance(bytes);
  if (!boundary || !wants_goodbye(way)) return to.send(bytes);
  return to.send(bytes.substr(0, *boundary), true) && put_in_goodbye(to, way);
}

// A backend that closes by itself needs no help.
bool Tunnel::wants_goodbye(const Way& way) const {
  return goodbye_ && &way == &to_client_ && !way.silenced && !way.frames.closing();
}

bool Tunnel::put_in_goodbye(Stream& to, Way& way) {
  way.silenced = true;
  return to.send(http::compose_close(*goodbye_));
}

Tunnel::Outcome Tunnel::pump(Stream& client, Stream& backend, Scratch& scratch) {
  const Outcome there = relay(client, backend, to_backend_, scratch);
  const Outcome back = relay(backend, client, to_client_, scratch);
  if (there == Outcome::over || back == Outcome::over) return Outcome::over;
  if (to_client_.sink_ended && to_client_.source_ended) {
    if (to_backend_.sink_ended) return Outcome::over;
    if (to_client_.silenced) return Outcome::parted;
  }
  if (client.hung_up() && !to_client_.sink_ended) return Outcome::over;
  if (backend.hung_up() && !to_backend_.sink_ended) return Outcome::over;
  return there == Outcome::busy || back == Outcome::busy ? Outcome::busy : Outcome::open;
}

bool Tunnel::part(Stream& client, Stream& backend, http::CloseCode code,
                  const http::WebSocketMask& mask) {
  if (!is_websocket_) return false;
  const auto open_at_boundary = [](const Way& way) {
    return !way.sink_ended && !way.frames.closing() && way.frames.at_boundary();
  };
  if (open_at_boundary(to_backend_)) backend.send(http::compose_close(code, mask));
  if (!to_client_.silenced && open_at_boundary(to_client_)) {
    goodbye_ = code;
    return put_in_goodbye(client, to_client_);
  }
  const bool is_told = to_client_.silenced || to_client_.sink_ended ||
                       (to_client_.frames.closing() && to_client_.frames.at_boundary());
  return is_told && !client.broken();
}

}  // namespace livefix::proxy
