#include "os/tcp_listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "os/socket_address.h"

namespace livefix::os {
namespace {

bool set(int socket, int level, int option, int value) {
  return setsockopt(socket, level, option, &value, sizeof value) == 0;
}

}  // namespace

Result<Fd> bind_tcp(const Address& address, const BindOptions& options) {
  const int type = SOCK_STREAM | SOCK_CLOEXEC | (options.non_blocking ? SOCK_NONBLOCK : 0);
  Fd socket(::socket(domain_of(address), type, 0));
  if (!socket) return fail_errno("socket for {}", address.to_string());
  set(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  if (options.share_port && !set(socket.get(), SOL_SOCKET, SO_REUSEPORT, 1)) {
    return fail_errno("SO_REUSEPORT for {}", address.to_string());
  }
  if (address.family == Family::ipv6 &&
      !set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, options.only_ipv6 ? 1 : 0)) {
    return fail_errno("IPV6_V6ONLY for {}", address.to_string());
  }
  const auto raw = to_socket_address(address);
  if (::bind(socket.get(), raw.data(), raw.size) < 0) {
    return fail_errno("bind {}", address.to_string());
  }
  return socket;
}

void set_no_delay(int socket) {
  set(socket, IPPROTO_TCP, TCP_NODELAY, 1);
}

// Without TCP_USER_TIMEOUT, which would notice earlier while bytes are on their way: it also ends
// peers that are there and only take nothing for so long (tcp_probe_timer in the kernel), as those
// of tunnels may.
void notice_vanished_peers(int socket) {
  set(socket, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set(socket, IPPROTO_TCP, TCP_KEEPINTVL, 20);
  set(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
}

Status start_listening(int socket, int backlog) {
  if (::listen(socket, backlog) < 0) return fail_errno("listen");
  return {};
}

Result<Fd> listen_tcp(const Address& address, const BindOptions& options) {
  auto socket = bind_tcp(address, options);
  if (!socket) return socket;
  set_no_delay(socket->get());
  notice_vanished_peers(socket->get());
  if (const auto listening = start_listening(socket->get()); !listening) {
    return std::unexpected(listening.error());
  }
  return socket;
}

Result<Fd> begin_connect(const Address& address) {
  Fd socket(::socket(domain_of(address), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return fail_errno("socket for {}", address.to_string());
  const auto raw = to_socket_address(address);
  if (::connect(socket.get(), raw.data(), raw.size) < 0 && errno != EINPROGRESS) {
    return fail_errno("connect to {}", address.to_string());
  }
  return socket;
}

bool is_listened_on(const Address& address) {
  const auto probe = bind_tcp(address, {.share_port = false});
  return !probe && probe.error().os_error == EADDRINUSE;
}

Result<Address> local_address(int socket) {
  SocketAddress raw;
  if (getsockname(socket, raw.data(), &raw.size) < 0) return fail_errno("getsockname");
  const auto address = to_address(raw.storage, raw.size);
  if (!address) return fail("a socket of family {}", raw.storage.ss_family);
  return *address;
}

}  // namespace livefix::os
