// Bytes both ways after an upgrade, until both sides have ended. An end of one side is passed on
// when all before it was; a failure of either is the end of both.
#pragma once

#include <cstdint>

#include "proxy/stream.h"

namespace livefix::proxy {

class Scratch;

class Tunnel {
 public:
  enum class Outcome : std::uint8_t { open, busy, over };  // busy: call again soon

  Outcome pump(Stream& client, Stream& backend, Scratch& scratch);

 private:
  enum class Direction : std::uint8_t { open, ending, ended };
  Outcome relay(Stream& from, Stream& to, Direction& direction, Scratch& scratch);

  Direction to_backend_ = Direction::open;
  Direction to_client_ = Direction::open;
};

}  // namespace livefix::proxy
