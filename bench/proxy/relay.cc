// The least that a proxy can do: a relay of bytes that reads nothing of what it passes on, with one
// connection to the backend for each client. What it costs is what the machine itself takes for
// two receives and two sends; a proxy of HTTP can come near to it, and not below.
//
//   relay --backend 127.0.0.1:9000 --target 127.0.0.1:8080      listens on the target until it is
//   ended
//
// For whole messages of at most 64 KiB, as bench/proxy sends them: who takes no more is cut off.
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

#include "options.h"

namespace {

// One side of a pair of connections.
struct Side {
  int descriptor = -1;
  Side* other = nullptr;
};

struct Pair {
  Side client, backend;
};

int stream_socket() {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (made < 0) die("no socket");
  constexpr int kOn = 1;
  setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
  setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof kOn);
  return made;
}

class Relay {
 public:
  Relay(const sockaddr_in& target, const sockaddr_in& backend)
      : backend_(backend), epoll_(epoll_create1(EPOLL_CLOEXEC)), listener_(stream_socket()) {
    const auto* address = reinterpret_cast<const sockaddr*>(&target);
    if (epoll_ < 0 || bind(listener_, address, sizeof target) < 0 || listen(listener_, 4096) < 0) {
      die("cannot listen on the target");
    }
    watch(listener_, nullptr, EPOLLIN);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    while (true) {
      const int count = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        auto* side = static_cast<Side*>(events[static_cast<std::size_t>(i)].data.ptr);
        side ? pass_on(*side) : accept_all();
      }
    }
  }

 private:
  void watch(int descriptor, Side* side, std::uint32_t what) const {
    epoll_event event{.events = what, .data = {.ptr = side}};
    fcntl(descriptor, F_SETFL, O_NONBLOCK);
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) < 0) die("cannot watch a connection");
  }

  void accept_all() {
    while (true) {
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      auto pair = std::make_unique<Pair>();
      pair->client = {client, &pair->backend};
      pair->backend = {stream_socket(), &pair->client};
      const auto* address = reinterpret_cast<const sockaddr*>(&backend_);
      if (connect(pair->backend.descriptor, address, sizeof backend_) < 0) {
        die("cannot connect to the backend");
      }
      watch(pair->backend.descriptor, &pair->backend, EPOLLIN | EPOLLET);
      watch(client, &pair->client, EPOLLIN | EPOLLET);
      pairs_.push_back(std::move(pair));
    }
  }

  // The pair itself stays: a later event of the same batch may be about it.
  static void end(Side& side) { close(std::exchange(side.descriptor, -1)); }

  void pass_on(Side& from) {
    Side& to = *from.other;
    if (from.descriptor < 0) return;
    const ssize_t got = recv(from.descriptor, buffer_.data(), buffer_.size(), 0);
    if (got < 0 && errno == EAGAIN) return;
    const auto size = static_cast<std::size_t>(got);
    if (got > 0 && send(to.descriptor, buffer_.data(), size, MSG_NOSIGNAL) == got) return;
    end(from);
    end(to);
  }

  sockaddr_in backend_;
  int epoll_;
  int listener_;
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::array<char, 65536> buffer_;
};

}  // namespace

int main(int count, char** words) {
  const Options options = parse_options(count, words);
  Relay(address_of(options.target), address_of(options.backend)).run();
}
