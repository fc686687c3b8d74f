// Asks a program for its health: GET of a path at its own address, as a client would. Owned by the
// driver, used on its thread; Beast is behind it, in one translation unit.
#pragma once

#include <functional>
#include <string>

#include "base/address.h"
#include "base/clock.h"

namespace boost::asio {
class io_context;
}

namespace livefix::control {

struct HealthAnswer {
  bool ok = false;   // 2xx or 3xx
  std::string what;  // "200", "503 Service Unavailable", "connection refused"
};

// `then` is called once, within `patience`. Where `host` is empty it is "localhost".
void probe_health(boost::asio::io_context& context, const Address& address, const std::string& host,
                  const std::string& path, Milliseconds patience,
                  std::function<void(HealthAnswer)> then);

}  // namespace livefix::control
