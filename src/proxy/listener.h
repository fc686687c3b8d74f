// Accepts from one listening socket, that shares its port with those of the other workers
// (SO_REUSEPORT). One loop. Level-triggered: a burst is taken in portions.
#pragma once

#include "base/address.h"
#include "model/door.h"
#include "os/event_loop.h"
#include "proxy/graveyard.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {

class Listener final : public os::EventSink, public Mortal {
 public:
  Listener(WorkerContext& worker, const Address& address, const Door& door, os::Fd socket);
  ~Listener() override;

  const Address& address() const { return address_; }
  // Takes everybody who waits in the queue: closing would reset them.
  void accept_all();

  void on_events(std::uint32_t events) noexcept override;

 private:
  // Returns whether there may be more.
  bool accept_one();
  void pause();

  WorkerContext& worker_;
  const Address address_;
  const Door door_;
  os::Fd socket_;
  os::Timer pause_;
};

}  // namespace livefix::proxy
