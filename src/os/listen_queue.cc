#include "os/listen_queue.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cstring>
#include <string_view>

#include "os/fd.h"
#include "os/socket_address.h"

namespace livefix::os {
namespace {

constexpr unsigned kListening = 1U << 10;  // TCP_LISTEN of the kernel's tcp_states.h
constexpr int kMaxReplies = 1000;          // a bound, never met in practice

bool ask(int socket, const Address& address) {
  struct {
    nlmsghdr header;
    inet_diag_req_v2 request;
  } message{};
  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.request.sdiag_family = static_cast<std::uint8_t>(domain_of(address));
  message.request.sdiag_protocol = IPPROTO_TCP;
  message.request.idiag_states = kListening;
  message.request.id.idiag_sport = htons(address.port);
  return send(socket, &message, sizeof message, MSG_NOSIGNAL) == ssize_t{sizeof message};
}

bool is_about(const inet_diag_msg& reply, const Address& address) {
  const std::size_t size = address.family == Family::ipv4 ? 4 : 16;
  return ntohs(reply.id.idiag_sport) == address.port &&
         std::memcmp(reply.id.idiag_src, address.bytes.data(), size) == 0;
}

}  // namespace

std::optional<std::size_t> listen_queue_length(const Address& address) {
  const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!socket || !ask(socket.get(), address)) return std::nullopt;
  // The kernel answers a dump inside recv; the timeout is for what should never happen.
  const timeval patience{0, 100'000};
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);

  std::optional<std::size_t> waiting;
  std::array<char, 16384> buffer{};
  for (int replies = 0; replies < kMaxReplies; ++replies) {
    const ssize_t size = recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (size <= 0) return std::nullopt;
    // The macros of netlink(3) are old-style casts; this is what they do.
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
    for (std::size_t at = 0; at + sizeof(nlmsghdr) <= bytes.size();) {
      nlmsghdr header{};
      std::memcpy(&header, bytes.data() + at, sizeof header);
      if (header.nlmsg_type == NLMSG_DONE) return waiting;
      if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_len < sizeof header) return std::nullopt;
      inet_diag_msg reply{};
      if (at + NLMSG_HDRLEN + sizeof reply <= bytes.size()) {
        std::memcpy(&reply, bytes.data() + at + NLMSG_HDRLEN, sizeof reply);
        if (is_about(reply, address)) waiting = waiting.value_or(0) + reply.idiag_rqueue;
      }
      at += NLMSG_ALIGN(header.nlmsg_len);
    }
  }
  return std::nullopt;
}

}  // namespace livefix::os
