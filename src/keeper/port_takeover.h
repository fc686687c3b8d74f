// Answers the trapped calls of programs, so that each generation binds its fixed port and gets
// the same port on a loopback address of its own, while the keeper holds the real one. Never
// blocks. docs/port-takeover.md tells the whole conversation. Loop thread only.
#pragma once

#include <functional>

#include "base/address.h"
#include "keeper/loopback_block.h"
#include "keeper/public_ports.h"
#include "keeper/unit.h"
#include "model/link.h"
#include "os/port_filter.h"

namespace livefix::keeper {

class PortTakeover {
 public:
  struct Events {
    std::function<void(const PublicPorts::Port&)> port_opened;
    std::function<void(link::ToControl)> report;
  };

  // `ports` must outlive this.
  PortTakeover(LoopbackBlock block, PublicPorts& ports, Events events)
      : block_(std::move(block)), ports_(ports), events_(std::move(events)) {}

  // Takes one call from the unit's filter and answers it.
  void answer_next(Unit& unit);

 private:
  void on_bind(Unit& unit, const os::TrappedCall& call, const os::BindCall& bind);
  void on_listen(Unit& unit, const os::TrappedCall& call, const os::ListenCall& listen);
  // What the program asked to bind, when that is a TCP port that can be taken over.
  std::optional<Address> wanted(Unit& unit, const os::TrappedCall& call, const os::BindCall& bind);
  // The program hears `error` from bind, and control why: `holder` is the service that has it.
  void refuse(const Unit& unit, const os::TrappedCall& call, const Address& requested, int error,
              std::string holder = {});
  void put_substitute(Unit& unit, const os::TrappedCall& call, pid_t process, int socket,
                      const Address& requested);

  LoopbackBlock block_;
  PublicPorts& ports_;
  Events events_;
};

}  // namespace livefix::keeper
