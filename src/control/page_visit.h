// One request of the page on a connection of the control port. Internal to git_connection*.cc.
#pragma once

#include <functional>
#include <string>

#include "control/dashboard.h"
#include "control/git_connection.h"

namespace livefix::control {

struct GitConnection::Visit {
  DoorRequest request;
  Dashboard::MayGoOn may_go_on{};
  std::function<void()> gone{};  // the client has left before it had its whole answer
  bool is_answered = false;      // whole, or by a stream that was ended
  // Of an answer that is a stream.
  bool streams = false;
  bool writes = false;
  std::string unsent{};
};

}  // namespace livefix::control
