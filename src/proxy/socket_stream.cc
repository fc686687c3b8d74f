#include "proxy/socket_stream.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>

#include "os/socket_address.h"

namespace livefix::proxy {
namespace {

// Registered once; afterwards epoll_ctl is needed only to yield.
constexpr std::uint32_t kEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

}  // namespace

// --- any socket ----------------------------------------------------------------------------------

bool SocketStream::attach(os::EventLoop& loop, os::EventSink& sink) {
  const bool known = loop_ != nullptr;
  const auto status = known ? loop.modify(fd(), kEvents, sink) : loop.add(fd(), kEvents, sink);
  if (!status) return false;
  loop_ = &loop;
  sink_ = &sink;
  return true;
}

void SocketStream::yield() {
  [[maybe_unused]] const auto modified = loop_->modify(fd(), kEvents, *sink_);
}

std::uint64_t SocketStream::acknowledged() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  // Works on a socket that was reset, too. Where it cannot be told, everything was acknowledged.
  if (getsockopt(fd(), IPPROTO_TCP, TCP_INFO, &info, &size) < 0 ||
      size < offsetof(tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked) {
    return sent();
  }
  // The SYN counts as a byte.
  return info.tcpi_bytes_acked > 0 ? info.tcpi_bytes_acked - 1 : 0;
}

int SocketStream::connect_error() const {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size) < 0 ? errno : error;
}

void SocketStream::shut_down_socket() {
  ::shutdown(fd(), SHUT_WR);
}

void SocketStream::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  SocketStream::close();
}

void SocketStream::close() {
  if (!fd_) return;
  if (loop_) loop_->remove(fd(), *sink_);
  fd_.reset();
}

// --- plain TCP -----------------------------------------------------------------------------------

Stream::Received TcpStream::receive(std::span<char> into) {
  const ssize_t count = ::recv(fd(), into.data(), into.size(), MSG_DONTWAIT);
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

std::size_t TcpStream::write(std::string_view bytes, bool more) {
  const int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
  const ssize_t count = ::send(fd(), bytes.data(), bytes.size(), flags);
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ENOMEM) return 0;
  if (errno != EPIPE) reset_seen_ = true;
  broken_ = true;
  readable_ = true;  // what the peer said last, and its end, may be waiting
  return 0;
}

bool TcpStream::is_quiet() {
  char byte = 0;
  return ::recv(fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

std::unique_ptr<Stream> connect_tcp(const Address& address) {
  os::Fd fd(::socket(os::domain_of(address), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return nullptr;
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto raw = os::to_socket_address(address);
  if (::connect(fd.get(), raw.data(), raw.size) < 0 && errno != EINPROGRESS) return nullptr;
  return std::make_unique<TcpStream>(std::move(fd));
}

}  // namespace livefix::proxy
