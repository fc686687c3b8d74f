#include "os/stream_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "os/fd.h"

namespace livefix::os {
namespace {

// Opened anew and closed again, so that the reader sees the end of it as ever.
bool pipe_has_reader(const std::string& path) {
  const Fd writer(open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  if (!writer) return errno != ENXIO;
  pollfd waiting{writer.get(), 0, 0};
  return poll(&waiting, 1, 0) <= 0 || (waiting.revents & POLLERR) == 0;
}

// The kernel names the other end of a connected unix socket: 0, or nothing, when it was closed.
bool socket_has_peer(ino_t inode) {
  const Fd netlink(socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!netlink) return true;
  struct {
    nlmsghdr header;
    unix_diag_req question;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.question.sdiag_family = AF_UNIX;
  request.question.udiag_states = ~0U;
  request.question.udiag_ino = static_cast<std::uint32_t>(inode);
  request.question.udiag_show = UDIAG_SHOW_PEER;
  request.question.udiag_cookie[0] = ~0U;  // INET_DIAG_NOCOOKIE: whichever
  request.question.udiag_cookie[1] = ~0U;
  if (send(netlink.get(), &request, sizeof request, 0) < 0) return true;
  alignas(nlmsghdr) std::array<char, 4096> answer{};
  const ssize_t size = recv(netlink.get(), answer.data(), answer.size(), 0);
  auto length = static_cast<int>(size);
  const auto* header = reinterpret_cast<const nlmsghdr*>(answer.data());
  if (size <= 0 || !NLMSG_OK(header, static_cast<std::uint32_t>(length)) ||
      header->nlmsg_type != SOCK_DIAG_BY_FAMILY) {
    return true;
  }
  auto attributes = static_cast<int>(NLMSG_PAYLOAD(header, sizeof(unix_diag_msg)));
  const char* first = answer.data() + NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(unix_diag_msg));
  for (const auto* one = reinterpret_cast<const rtattr*>(first); RTA_OK(one, attributes);
       one = RTA_NEXT(one, attributes)) {
    std::uint32_t peer = 0;
    if (one->rta_type != UNIX_DIAG_PEER || RTA_PAYLOAD(one) < sizeof peer) continue;
    std::memcpy(&peer, reinterpret_cast<const char*>(one) + RTA_LENGTH(0), sizeof peer);
    return peer != 0;
  }
  return false;
}

}  // namespace

bool may_have_reader(pid_t pid, int fd) {
  const std::string path = fmt::format("/proc/{}/fd/{}", pid, fd);
  struct stat status{};
  if (stat(path.c_str(), &status) < 0) return true;
  if (S_ISFIFO(status.st_mode)) return pipe_has_reader(path);
  if (S_ISSOCK(status.st_mode)) return socket_has_peer(status.st_ino);
  return true;
}

}  // namespace livefix::os
