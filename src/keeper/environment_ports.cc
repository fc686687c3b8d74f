#include "keeper/environment_ports.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "os/accept_state.h"
#include "os/listening_sockets.h"
#include "os/process.h"
#include "os/tcp_listener.h"

namespace livefix::keeper {
namespace {

constexpr std::uint16_t kUsualPort = 3000;  // for a program that honours PORT, when none is named
constexpr int kPortsToTry = 100;

std::uint16_t port_of_environment() {
  const char* text = std::getenv("PORT");
  std::uint16_t port = 0;
  if (text) std::from_chars(text, text + std::string_view(text).size(), port);
  return port;
}

}  // namespace

// The environment's is for one; several begin to look there.
std::uint16_t EnvironmentPorts::port_asked_for(const Unit& unit) const {
  const std::uint16_t own = services_.at(unit.service_index).port;
  return own == 0 && services_.size() == 1 ? port_of_environment() : own;
}

std::optional<PortHint> EnvironmentPorts::hint() {
  const auto anywhere = Address::ipv4(127, 0, 0, 1, 0);
  // A port that is free now; nobody else is likely to take it before the program does.
  const auto probe = os::bind_tcp(anywhere, {.share_port = false});
  const auto port = probe ? os::local_address(probe->get()) : std::unexpected(probe.error());
  auto listener = os::listen_tcp(anywhere, {.share_port = false, .non_blocking = false});
  const auto place = listener ? os::local_address(listener->get()) : port;
  if (!port || !listener || !place) return std::nullopt;
  return PortHint{port->port, std::move(*listener), *place, {}};
}

void EnvironmentPorts::look(Unit& unit) {
  if (unit.hint && unit.hint->listener) look_at_listener(unit, *unit.hint);
  std::vector<ino_t> open;
  for (const pid_t pid : os::descendants_in_sessions(getpid(), unit.sessions)) {
    const auto sockets = os::open_sockets(pid);
    open.insert(open.end(), sockets.begin(), sockets.end());
  }
  if (open.empty()) return;
  for (const auto& socket : os::listening_sockets()) {
    const bool handed = unit.hint && unit.hint->listener_address.port == socket.address.port;
    const bool known = std::ranges::any_of(unit.substitutes, [&](const Substitute& substitute) {
      return substitute.where.backend.port == socket.address.port;
    });
    if (handed || known || std::ranges::find(open, socket.inode) == open.end()) continue;
    found(unit, socket.address, !unit.hint || unit.hint->port != socket.address.port);
  }
}

void EnvironmentPorts::look_at_listener(Unit& unit, PortHint& hint) {
  if (!hint.knock) {
    auto knock = os::begin_connect(hint.listener_address);
    if (knock) hint.knock = std::move(*knock);
    return;
  }
  const auto own = os::local_address(hint.knock.get());
  if (!own || os::accept_state(*own, hint.listener_address) != os::AcceptState::accepted) return;
  hint.knock.reset();
  hint.listener.reset();  // a copy would take connections after the program's own has gone
  found(unit, hint.listener_address, false);
}

void EnvironmentPorts::found(Unit& unit, const Address& own, bool fixed) {
  const auto requested = open_public(unit, own, fixed);
  if (!requested) return;
  Address backend = own;
  if (own.is_any()) {
    backend = Address::ipv4(127, 0, 0, 1, own.port);
    // A program may listen on IPv6 alone; its dual-stack wildcard takes the IPv4 address as well.
    if (own.family == Family::ipv6 && !os::is_listened_on(backend)) {
      backend = *Address::parse_ip("::1", own.port);
    }
  }
  unit.substitutes.push_back({{*requested, backend, fixed}, 0, true});
  events_.report(link::UnitListening{unit.id, unit.substitutes.back().where});
}

std::optional<Address> EnvironmentPorts::open_public(const Unit& unit, const Address& own,
                                                     bool fixed) {
  const std::uint16_t asked_for = port_asked_for(unit);
  const std::uint16_t usual = port_of_environment() != 0 ? port_of_environment() : kUsualPort;
  // Not a loopback address of another livefix's making, if this one runs inside it.
  Address wish = own.is_loopback() ? Address::ipv4(127, 0, 0, 1, 0) : own;
  wish.port = asked_for != 0 ? asked_for : usual;
  if (fixed && (asked_for == 0 || asked_for == own.port)) {
    wish.port = static_cast<std::uint16_t>(own.port + 1);
  }
  for (int i = 0; i < kPortsToTry && wish.port != 0; ++i, ++wish.port) {
    const bool must_be_this = asked_for != 0 && !fixed;
    if (!must_be_this && ports_.is_anothers(wish.port, unit.service_index)) continue;
    if (const ServiceSpec* rival = ports_.rival(wish.port, unit.service_index)) {
      events_.report(link::PortRefused{unit.id, wish, EADDRINUSE, rival->name});
      return std::nullopt;
    }
    auto opened = ports_.open(wish, unit.service_index);
    if (opened) {
      if (*opened) events_.port_opened(**opened);
      return wish;
    }
    if (must_be_this) {
      events_.report(link::PortRefused{unit.id, wish, opened.error().os_error});
      return std::nullopt;
    }
  }
  events_.report(link::PortRefused{unit.id, wish, EADDRINUSE});
  return std::nullopt;
}

}  // namespace livefix::keeper
