// Finds out when a program accepts connections. `listen` is too early: gunicorn listens in its
// master long before its workers accept. So control connects, says nothing, and waits until the
// connection has left the listener's queue.
//
// Owned by the driver; used on its thread. Callbacks come from the io_context, never from inside
// a call.
#pragma once

#include <functional>
#include <memory>

#include "base/address.h"
#include "base/ids.h"

namespace boost::asio {
class io_context;
}

namespace livefix::control {

class Readiness {
 public:
  using Accepted = std::function<void(UnitId unit, const Address& backend)>;

  // `context` must outlive this.
  Readiness(boost::asio::io_context& context, Accepted accepted);
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // Tries until it is accepted or cancelled. A second knock at the same place changes nothing.
  void knock(UnitId unit, const Address& backend);
  void cancel(UnitId unit);

 private:
  struct Door;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace livefix::control
