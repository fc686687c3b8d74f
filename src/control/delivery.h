// One way to a receiver of notifications: a webhook or a command. Owned by Notifier, used on the
// driver's thread; nothing here waits.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "control/notification.h"

namespace livefix::control {

struct DeliveryOutcome {
  enum class Kind : std::uint8_t {
    delivered,
    again,     // it may go better later
    given_up,  // it will not
  };
  Kind kind = Kind::given_up;
  std::string what;         // "200 OK", "nobody listens there"; made harmless for a terminal
  Milliseconds at_least{};  // the receiver asks for so long a pause
};

class Courier {
 public:
  using Then = std::function<void(const DeliveryOutcome&)>;

  Courier() = default;
  virtual ~Courier() = default;
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  // One try, which ends by itself after a bounded time. `then` is called once, later and never from
  // within, unless the courier has gone by then.
  virtual void deliver(const Notification& notification, Then then) = 0;
};

}  // namespace livefix::control
