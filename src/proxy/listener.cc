#include "proxy/listener.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>

#include "os/socket_address.h"
#include "proxy/arrival.h"
#include "proxy/client_census.h"

namespace livefix::proxy {
namespace {

constexpr int kPortion = 64;
constexpr int kLongestQueue = 65'536;  // of what the kernel allows: bounds the last round

}  // namespace

Listener::Listener(WorkerContext& worker, const Address& address, const Door& door, bool is_own,
                   os::Fd socket)
    : worker_(worker),
      address_(address),
      door_(door),
      public_port_(is_own ? 0 : address.port),
      socket_(std::move(socket)),
      pause_(worker.loop, [this] {
        [[maybe_unused]] const auto on = worker_.loop.modify(socket_.get(), EPOLLIN, *this);
      }) {
  [[maybe_unused]] const auto added = worker_.loop.add(socket_.get(), EPOLLIN, *this);
}

Listener::~Listener() {
  worker_.loop.remove(socket_.get(), *this);
}

void Listener::on_events(std::uint32_t) noexcept {
  if (worker_.draining) return;  // others of the port may take them
  // Who speaks first is not known before a plan says whose port it is.
  if (!worker_.router.knows_protocol(public_port_)) return pause();
  for (int i = 0; i < kPortion && accept_one(); ++i) {
  }
}

void Listener::accept_all() {
  for (int i = 0; i < kLongestQueue && accept_one(); ++i) {
  }
}

bool Listener::accept_one() {
  // Who is one too many waits in the queue of the socket until another goes.
  std::unique_ptr<ClientCensus::Ticket> ticket;
  if (worker_.census && !(ticket = worker_.census->admit())) {
    pause();
    return false;
  }
  os::SocketAddress peer;
  os::Fd client(::accept4(socket_.get(), peer.data(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (client) {
    const auto address = os::to_address(peer.storage, peer.size);
    Arrival::begin(worker_, std::move(client), std::move(ticket),
                   {address.value_or(Address{}), public_port_}, door_);
    return true;
  }
  switch (errno) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      pause();
      return false;
    case EAGAIN:
      return false;
    case EBADF:
    case EINVAL:
    case ENOTSOCK:
      pause();
      return false;
    default:
      return true;  // the client left before it was accepted (accept(2))
  }
}

// There is no descriptor for whoever is next, and epoll would report them without end.
void Listener::pause() {
  [[maybe_unused]] const auto off = worker_.loop.modify(socket_.get(), 0, *this);
  pause_.start(worker_.limits.accept_pause);
}

}  // namespace livefix::proxy
