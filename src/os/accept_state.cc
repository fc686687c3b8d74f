#include "os/accept_state.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cstring>

#include "os/fd.h"

namespace livefix::os {
namespace {

bool is_ipv4(const Address& address) {
  return address.family == Family::ipv4 || address.is_ipv4_mapped();
}

// The kernel finds the sockets of mapped addresses by their IPv4 form.
void put(const Address& address, __be32* words) {
  const bool mapped = address.is_ipv4_mapped();
  std::memcpy(words, address.bytes.data() + (mapped ? 12 : 0), is_ipv4(address) ? 4 : 16);
}

bool ask(int socket, const Address& client, const Address& server) {
  struct {
    nlmsghdr header;
    inet_diag_req_v2 request;
  } message{};
  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST;
  message.request.sdiag_family = is_ipv4(server) ? AF_INET : AF_INET6;
  message.request.sdiag_protocol = IPPROTO_TCP;
  message.request.idiag_states = ~0U;
  inet_diag_sockid& id = message.request.id;
  id.idiag_sport = htons(server.port);
  id.idiag_dport = htons(client.port);
  put(server, id.idiag_src);
  put(client, id.idiag_dst);
  id.idiag_cookie[0] = id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return send(socket, &message, sizeof message, MSG_NOSIGNAL) == ssize_t{sizeof message};
}

AcceptState judge(const inet_diag_msg& reply) {
  switch (reply.idiag_state) {
    case TCP_LISTEN:  // no such connection; the kernel offers the listener instead
      return AcceptState::gone;
    case TCP_SYN_RECV:
      return AcceptState::deferred;
    case TCP_ESTABLISHED:  // a socket that no process has opened yet has no inode
      return reply.idiag_inode == 0 ? AcceptState::waiting : AcceptState::accepted;
    default:
      return AcceptState::accepted;
  }
}

}  // namespace

AcceptState accept_state(const Address& client, const Address& server) {
  const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!socket || !ask(socket.get(), client, server)) return AcceptState::unknown;
  // The kernel has answered when send returns; the timeout is for what should never happen.
  const timeval patience{0, 100'000};
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  std::array<char, 4096> buffer{};
  const ssize_t size = recv(socket.get(), buffer.data(), buffer.size(), 0);
  nlmsghdr header{};
  if (size < ssize_t{sizeof header}) return AcceptState::unknown;
  std::memcpy(&header, buffer.data(), sizeof header);
  if (header.nlmsg_type == NLMSG_ERROR) {
    nlmsgerr failure{};
    if (size < ssize_t{NLMSG_HDRLEN + sizeof failure}) return AcceptState::unknown;
    std::memcpy(&failure, buffer.data() + NLMSG_HDRLEN, sizeof failure);
    return failure.error == -ENOENT ? AcceptState::gone : AcceptState::unknown;
  }
  inet_diag_msg reply{};
  if (size < ssize_t{NLMSG_HDRLEN + sizeof reply}) return AcceptState::unknown;
  std::memcpy(&reply, buffer.data() + NLMSG_HDRLEN, sizeof reply);
  return judge(reply);
}

}  // namespace livefix::os
