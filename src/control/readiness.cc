#include "control/readiness.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <vector>

#include "base/clock.h"
#include "control/endpoint.h"
#include "os/accept_state.h"
#include "os/tcp_listener.h"

namespace livefix::control {
namespace {

namespace asio = boost::asio;

// Often at first, because most programs accept within a millisecond of `listen`; then with a
// pause that grows with the time waited, so that it costs at most a tenth of it.
Milliseconds pause_after(Milliseconds waited) {
  return std::clamp(waited / 10, Milliseconds{1}, Milliseconds{50});
}

constexpr Milliseconds kDeferred{100};

}  // namespace

// One place at which we knock. Handlers hold it weakly through Impl's list: what was cancelled is
// gone from there, and its handlers find nothing.
struct Readiness::Door {
  Door(asio::io_context& context, UnitId of, const Address& at)
      : unit(of), backend(at), socket(context), timer(context) {}

  UnitId unit;
  Address backend;
  asio::ip::tcp::socket socket;
  asio::steady_timer timer;
  TimePoint began = Clock::now();
};

struct Readiness::Impl {
  Impl(asio::io_context& in, Accepted then) : context(in), accepted(std::move(then)) {}

  void connect(const std::shared_ptr<Door>& door) {
    boost::system::error_code ignored;
    door->socket.close(ignored);
    door->socket.async_connect(
        endpoint_of(door->backend),
        [this, weak = std::weak_ptr(door)](const boost::system::error_code& error) {
          const auto alive = weak.lock();
          if (!alive) return;
          if (error) return later(alive, &Impl::connect);
          look(alive);
        });
  }

  void look(const std::shared_ptr<Door>& door) {
    const auto own = os::local_address(door->socket.native_handle());
    const auto state = own ? os::accept_state(*own, door->backend) : os::AcceptState::gone;
    switch (state) {
      case os::AcceptState::waiting:
        return later(door, &Impl::look);
      case os::AcceptState::gone:
        return later(door, &Impl::connect);
      case os::AcceptState::deferred:
        // On loopback nothing is on its way for long: the kernel waits for data, and whether the
        // program does too cannot be known.
        if (Clock::now() - door->began < kDeferred) return later(door, &Impl::look);
        break;
      case os::AcceptState::accepted:
      case os::AcceptState::unknown:  // the connection itself is all there is to go by
        break;
    }
    std::erase(doors, door);
    accepted(door->unit, door->backend);
  }

  void later(const std::shared_ptr<Door>& door, void (Impl::*next)(const std::shared_ptr<Door>&)) {
    door->timer.expires_after(
        pause_after(std::chrono::duration_cast<Milliseconds>(Clock::now() - door->began)));
    door->timer.async_wait(
        [this, next, weak = std::weak_ptr(door)](const boost::system::error_code& error) {
          const auto alive = weak.lock();
          if (alive && !error) (this->*next)(alive);
        });
  }

  asio::io_context& context;
  Accepted accepted;
  std::vector<std::shared_ptr<Door>> doors;
};

Readiness::Readiness(boost::asio::io_context& context, Accepted accepted)
    : impl_(std::make_unique<Impl>(context, std::move(accepted))) {}

Readiness::~Readiness() = default;

void Readiness::knock(UnitId unit, const Address& backend) {
  for (const auto& door : impl_->doors) {
    if (door->unit == unit && door->backend == backend) return;
  }
  impl_->doors.push_back(std::make_shared<Door>(impl_->context, unit, backend));
  impl_->connect(impl_->doors.back());
}

void Readiness::cancel(UnitId unit) {
  std::erase_if(impl_->doors, [&](const auto& door) { return door->unit == unit; });
}

}  // namespace livefix::control
