#include "os/link_socket.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <array>

namespace livefix::os {
namespace {

constexpr std::size_t kMaxBacklog = 4096;
constexpr int kBufferBytes = 1 << 20;  // as far as net.core.wmem_max lets us

// Returns 0, or the errno.
int send_now(int socket, std::string_view bytes, std::span<const int> fds) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(LinkSocket::kMaxFds * sizeof(int))> control{};
  iovec data{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control.data();
    message.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size_bytes());
  }
  while (sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

bool must_wait(int error) {
  return error == EAGAIN || error == ENOBUFS || error == ETOOMANYREFS;
}

void take_descriptors(msghdr& message, std::vector<Fd>& fds) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
      fds.emplace_back(fd);
    }
  }
}

}  // namespace

Result<std::pair<Fd, Fd>> LinkSocket::pair() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) < 0) {
    return fail_errno("socketpair");
  }
  for (const int end : ends) {
    setsockopt(end, SOL_SOCKET, SO_SNDBUF, &kBufferBytes, sizeof kBufferBytes);
  }
  return std::pair(Fd(ends[0]), Fd(ends[1]));
}

Status LinkSocket::send(std::string_view bytes, std::span<const int> fds) {
  if (fds.size() > kMaxFds) return fail("a link message with {} descriptors", fds.size());
  if (backlog_.empty()) {
    const int error = send_now(fd_.get(), bytes, fds);
    if (error == 0) return {};
    if (!must_wait(error)) {
      errno = error;
      return fail_errno("send a link message of {} bytes", bytes.size());
    }
  }
  if (backlog_.size() >= kMaxBacklog) {
    return fail("the other end of a link has not read {} messages", backlog_.size());
  }
  Packet packet{std::string(bytes), {}};
  for (const int fd : fds) {
    packet.fds.emplace_back(fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!packet.fds.back()) return fail_errno("duplicate a descriptor");
  }
  backlog_.push_back(std::move(packet));
  return {};
}

Status LinkSocket::flush() {
  while (!backlog_.empty()) {
    const Packet& packet = backlog_.front();
    std::vector<int> fds;
    for (const Fd& fd : packet.fds) fds.push_back(fd.get());
    const int error = send_now(fd_.get(), packet.bytes, fds);
    if (must_wait(error)) return {};
    if (error != 0) {
      errno = error;
      return fail_errno("send a link message of {} bytes", packet.bytes.size());
    }
    backlog_.pop_front();
  }
  return {};
}

std::variant<Packet, NothingYet, LinkClosed> LinkSocket::receive() {
  // Asking for the size first costs a call and spares a buffer of the largest possible message.
  ssize_t size = 0;
  do {
    size = recv(fd_.get(), nullptr, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno == EAGAIN) return NothingYet{};
  if (size <= 0) return LinkClosed{};

  Packet packet;
  packet.bytes.resize(static_cast<std::size_t>(size));
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMaxFds * sizeof(int))> control{};
  iovec data{packet.bytes.data(), packet.bytes.size()};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (recvmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != size) return LinkClosed{};
  take_descriptors(message, packet.fds);
  if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) return LinkClosed{};
  return packet;
}

}  // namespace livefix::os
