// Who holds a TCP port, for the message that says that it is taken.
#pragma once

#include <cstdint>
#include <string>

namespace livefix::control {

// "node (pid 4711)"; empty when nobody listens there or when it is another user's process. Walks
// /proc: only for failures.
std::string port_holder(std::uint16_t port);

}  // namespace livefix::control
