// Whether a program has accepted a connection (sock_diag(7)). Nothing else tells: the kernel
// completes connections for a program that called listen(2) and may never call accept(2).
#pragma once

#include "base/address.h"

namespace livefix::os {

enum class AcceptState {
  waiting,   // in the listener's queue
  deferred,  // held back by the kernel until data comes (TCP_DEFER_ACCEPT), or still on its way
  accepted,  // a process has it, or had it and closed it
  gone,      // the other side has forgotten it
  unknown,   // the system does not say (a container without NETLINK_SOCK_DIAG)
};

// Of a connection in this network namespace from `client` to `server`. Takes some microseconds.
AcceptState accept_state(const Address& client, const Address& server);

}  // namespace livefix::os
