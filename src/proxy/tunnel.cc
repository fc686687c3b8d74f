#include "proxy/tunnel.h"

#include "proxy/worker_context.h"

namespace livefix::proxy {

Tunnel::Outcome Tunnel::relay(Stream& from, Stream& to, Direction& direction, Scratch& scratch) {
  if (!to.flush()) return Outcome::over;
  for (int reads = 0; direction == Direction::open && from.readable() && !to.blocked(); ++reads) {
    if (reads == kReadsInARow) return Outcome::busy;
    const auto received = from.receive({scratch.input(), kReadSize});
    switch (received.kind) {
      case Stream::Read::data:
        if (!to.send({scratch.input(), received.bytes})) return Outcome::over;
        break;
      case Stream::Read::nothing:
        break;
      case Stream::Read::end:
        direction = Direction::ending;
        break;
      case Stream::Read::failure:
        return Outcome::over;
    }
  }
  if (direction == Direction::ending && !to.blocked()) {
    to.shut_down_sending();
    direction = Direction::ended;
  }
  return Outcome::open;
}

Tunnel::Outcome Tunnel::pump(Stream& client, Stream& backend, Scratch& scratch) {
  const Outcome there = relay(client, backend, to_backend_, scratch);
  const Outcome back = relay(backend, client, to_client_, scratch);
  if (there == Outcome::over || back == Outcome::over) return Outcome::over;
  if (to_backend_ == Direction::ended && to_client_ == Direction::ended) return Outcome::over;
  if (client.hung_up() && to_client_ != Direction::ended) return Outcome::over;
  if (backend.hung_up() && to_backend_ != Direction::ended) return Outcome::over;
  return there == Outcome::busy || back == Outcome::busy ? Outcome::busy : Outcome::open;
}

}  // namespace livefix::proxy
