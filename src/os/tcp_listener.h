// TCP sockets: bound, listening, connecting.
#pragma once

#include "base/address.h"
#include "base/result.h"
#include "os/fd.h"

namespace livefix::os {

struct BindOptions {
  bool share_port = true;  // SO_REUSEPORT
  bool only_ipv6 = false;  // IPV6_V6ONLY; without it an IPv6 wildcard takes IPv4 as well
  bool non_blocking = true;
};

// Close-on-exec, SO_REUSEADDR (so that TIME_WAIT is no obstacle), bound and not listening.
Result<Fd> bind_tcp(const Address& address, const BindOptions& options);

// TCP_NODELAY; what a listener accepts inherits it.
void set_no_delay(int socket);

// Keepalive: of a peer that is gone without a word (power cut, no network) the socket tells after
// two minutes of silence, and while bytes are on their way after as long as the kernel sends them
// again (tcp_retries2, 15 minutes). What a listener accepts inherits it.
void notice_vanished_peers(int socket);

// The kernel lowers `backlog` to net.core.somaxconn.
Status start_listening(int socket, int backlog = 4096);

// Both, with TCP_NODELAY and keepalive for the connections that it accepts.
Result<Fd> listen_tcp(const Address& address, const BindOptions& options);

// A non-blocking connection on its way; whether it arrives shows later.
Result<Fd> begin_connect(const Address& address);

// Whether somebody listens on `address` (or on a wildcard that covers it), whoever that is.
bool is_listened_on(const Address& address);

// The address that a socket is bound to.
Result<Address> local_address(int socket);

}  // namespace livefix::os
