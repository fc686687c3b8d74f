// A classic BPF filter on a listening socket.
#pragma once

#include "base/address.h"
#include "base/result.h"

namespace livefix::os {

// The listener, and what it accepts, no longer hears packets for the IPv4 net `net`/`prefix`: to
// their senders nobody answers. Needs no privilege.
Status drop_packets_to(int listener, const Address& net, unsigned prefix);

}  // namespace livefix::os
