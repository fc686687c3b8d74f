// Two neighbouring /16 nets of 127.0.0.0/8 that no other livefix in this network namespace uses.
// The first carries what programs bind in IPv4, the second what they bind in IPv6, so that a
// program that binds both on one port (nginx) gets two places.
#pragma once

#include <cstdint>

#include "base/address.h"
#include "base/ids.h"
#include "base/result.h"
#include "os/fd.h"

namespace livefix::keeper {

class LoopbackBlock {
 public:
  // Locks a free block with a name in the abstract unix namespace; it is free again when this
  // object or the process goes.
  static Result<LoopbackBlock> lock();

  // The whole block as a net; both halves, so its prefix is kPrefix.
  Address net() const { return Address::ipv4(127, block_, 0, 0, 0); }
  static constexpr unsigned kPrefix = 15;

  // Where `unit` gets what it asked to bind at `requested`: same family, same port.
  Address substitute(UnitId unit, const Address& requested) const;

 private:
  LoopbackBlock(os::Fd guard, std::uint8_t block) : guard_(std::move(guard)), block_(block) {}

  os::Fd guard_;
  std::uint8_t block_;
};

}  // namespace livefix::keeper
