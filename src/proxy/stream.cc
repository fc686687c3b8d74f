#include "proxy/stream.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>

namespace livefix::proxy {

const std::uint32_t Stream::kEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

void Stream::note(std::uint32_t events) {
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readable_ = true;
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) peer_leaving_ = true;
  if (events & (EPOLLHUP | EPOLLERR)) hung_up_ = true;
}

Stream::Received Stream::receive(std::span<char> into) {
  const ssize_t count = ::recv(fd_.get(), into.data(), into.size(), MSG_DONTWAIT);
  if (count > 0) {
    const auto bytes = static_cast<std::size_t>(count);
    if (bytes < into.size() && !peer_leaving_) readable_ = false;
    return {Read::data, bytes};
  }
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
    readable_ = errno == EINTR;
    return {Read::nothing, 0};
  }
  readable_ = false;
  peer_leaving_ = true;
  if (count == 0) {
    end_seen_ = true;
    return {Read::end, 0};
  }
  // After a FIN the kernel says EPIPE where it would have said ECONNRESET without.
  if (errno == EPIPE) {
    end_seen_ = true;
  } else {
    reset_seen_ = true;
  }
  return {Read::failure, 0};
}

std::size_t Stream::write(std::string_view bytes, bool more) {
  const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
  const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), flags);
  if (count >= 0) {
    sent_ += static_cast<std::uint64_t>(count);
    return static_cast<std::size_t>(count);
  }
  if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ENOMEM) return 0;
  if (errno != EPIPE) reset_seen_ = true;
  broken_ = true;
  readable_ = true;  // what the peer said last, and its end, may be waiting
  return 0;
}

bool Stream::send(std::string_view bytes, bool more) {
  if (broken_) return false;
  std::size_t done = 0;
  if (!blocked() && !bytes.empty()) done = write(bytes, more);
  if (broken_) return false;
  if (done < bytes.size()) tail_.append(bytes.substr(done));
  return true;
}

bool Stream::flush() {
  if (broken_ || !blocked()) return !broken_;
  tail_at_ += write(std::string_view(tail_).substr(tail_at_), false);
  if (broken_ || !blocked()) {
    tail_ = {};
    tail_at_ = 0;
  }
  return !broken_;
}

std::uint64_t Stream::acknowledged() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  // Works on a socket that was reset, too. Where it cannot be told, everything was acknowledged.
  if (getsockopt(fd_.get(), IPPROTO_TCP, TCP_INFO, &info, &size) < 0 ||
      size < offsetof(tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked) {
    return sent_;
  }
  // The SYN counts as a byte.
  return info.tcpi_bytes_acked > 0 ? info.tcpi_bytes_acked - 1 : 0;
}

bool Stream::is_quiet() const {
  char byte = 0;
  return ::recv(fd_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

void Stream::shut_down_sending() {
  ::shutdown(fd_.get(), SHUT_WR);
}

void Stream::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_.reset();
}

}  // namespace livefix::proxy
