#include "keeper/port_takeover.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "os/process.h"
#include "os/socket_address.h"
#include "os/tcp_listener.h"

namespace livefix::keeper {
namespace {

ino_t inode_of(const os::Fd& fd) {
  struct stat info{};
  return fstat(fd.get(), &info) == 0 ? info.st_ino : 0;
}

Substitute* find(Unit& unit, std::optional<ino_t> inode) {
  if (!inode) return nullptr;
  const auto found = std::ranges::find(unit.substitutes, *inode, &Substitute::inode);
  return found == unit.substitutes.end() ? nullptr : &*found;
}

bool is_tcp(pid_t process, int socket) {
  const std::string protocol = os::socket_protocol(process, socket);
  return protocol.starts_with("TCP") || protocol.starts_with("MPTCP");
}

}  // namespace

void PortTakeover::answer_next(Unit& unit) {
  const int notifications = unit.notifications.get();
  const auto call = os::receive_call(notifications);
  if (!call) return;
  if (const auto* bind = std::get_if<os::BindCall>(&call->what)) {
    on_bind(unit, *call, *bind);
  } else if (const auto* listen = std::get_if<os::ListenCall>(&call->what)) {
    on_listen(unit, *call, *listen);
  } else {
    const auto process = os::process_of_thread(call->thread);
    if (const auto* share = std::get_if<os::SharePortCall>(&call->what)) {
      const auto inode = process ? os::socket_inode(*process, share->socket) : std::nullopt;
      if (inode) unit.shared_sockets.insert(*inode);
    } else if (process && os::still_waits(notifications, call->id)) {
      unit.sessions.insert(*process);
    }
    os::let_proceed(notifications, call->id);
  }
}

std::optional<Address> PortTakeover::wanted(Unit& unit, const os::TrappedCall& call,
                                            const os::BindCall& bind) {
  sockaddr_storage storage{};
  const auto size = std::min<std::size_t>(bind.size, sizeof storage);
  if (size < sizeof(sa_family_t)) return std::nullopt;
  if (!os::read_memory(call.thread, bind.address,
                       std::span(reinterpret_cast<char*>(&storage), size))) {
    events_.report(link::PortNotRedirectable{
        unit.id, fmt::format("the memory of {} (pid {}) cannot be read",
                             os::process_name(call.thread), call.thread)});
    return std::nullopt;
  }
  const auto address = os::to_address(storage, static_cast<socklen_t>(size));
  if (!address || address->port == 0) return std::nullopt;  // programs probe with port 0
  return address;
}

void PortTakeover::on_bind(Unit& unit, const os::TrappedCall& call, const os::BindCall& bind) {
  const int notifications = unit.notifications.get();
  const auto requested = wanted(unit, call, bind);
  if (!requested) return os::let_proceed(notifications, call.id);
  const auto process = os::process_of_thread(call.thread);
  if (!process) return os::let_proceed(notifications, call.id);
  if (!is_tcp(*process, bind.socket) || !os::still_waits(notifications, call.id)) {
    return os::let_proceed(notifications, call.id);
  }
  // A signal can make an old kernel ask again for a call that was answered.
  if (find(unit, os::socket_inode(*process, bind.socket))) {
    os::answer_ok(notifications, call.id);
    return;
  }
  if (const ServiceSpec* rival = ports_.rival(requested->port, unit.service_index)) {
    return refuse(unit, call, *requested, EADDRINUSE, rival->name);
  }
  auto opened = ports_.open(*requested, unit.service_index);
  if (!opened) return refuse(unit, call, *requested, opened.error().os_error);
  if (*opened) events_.port_opened(**opened);
  put_substitute(unit, call, *process, bind.socket, *requested);
}

void PortTakeover::refuse(const Unit& unit, const os::TrappedCall& call, const Address& requested,
                          int error, std::string holder) {
  events_.report(link::PortRefused{unit.id, requested, error, std::move(holder)});
  os::answer_error(unit.notifications.get(), call.id, error);
}

void PortTakeover::put_substitute(Unit& unit, const os::TrappedCall& call, pid_t process,
                                  int socket, const Address& requested) {
  const int notifications = unit.notifications.get();
  const Address place = block_.substitute(unit.id, requested);

  // Both sockets would succeed with SO_REUSEPORT; the program must hear what it would have heard.
  const auto own = os::socket_inode(process, socket);
  const bool again = std::ranges::any_of(unit.substitutes, [&](const Substitute& substitute) {
    return substitute.where.requested == requested;
  });
  if (again && !(own && unit.shared_sockets.contains(*own)) && os::is_listened_on(place)) {
    os::answer_error(notifications, call.id, EADDRINUSE);
    return;
  }

  const auto flags = os::descriptor_flags(process, socket);
  auto substitute = os::bind_tcp(place, {.non_blocking = flags.non_blocking});
  if (!substitute) return refuse(unit, call, requested, substitute.error().os_error);
  if (const auto replaced = os::replace_descriptor(notifications, call.id, socket,
                                                   substitute->get(), flags.close_on_exec);
      !replaced) {
    return refuse(unit, call, requested, replaced.error().os_error);
  }
  // Programs set this before they bind (gunicorn), and nobody misses Nagle's algorithm: without it
  // an answer in two writes waits 40 ms for an acknowledgement.
  os::set_no_delay(substitute->get());
  const ino_t inode = inode_of(*substitute);
  unit.substitutes.push_back({{requested, place}, inode, false, std::move(*substitute)});
  os::answer_ok(notifications, call.id);
}

// The keeper listens in the program's place, so that the report is never ahead of the fact.
void PortTakeover::on_listen(Unit& unit, const os::TrappedCall& call,
                             const os::ListenCall& listen) {
  const int notifications = unit.notifications.get();
  const auto process = os::process_of_thread(call.thread);
  Substitute* substitute =
      process ? find(unit, os::socket_inode(*process, listen.socket)) : nullptr;
  if (!substitute || substitute->listening || !os::still_waits(notifications, call.id)) {
    const bool stray = !substitute && process && is_tcp(*process, listen.socket);
    os::let_proceed(notifications, call.id);
    if (stray) {
      events_.report(
          link::PortNotRedirectable{unit.id, "it listens on a port that the system chose"});
    }
    return;
  }
  const auto listening = os::start_listening(substitute->socket.get(), listen.backlog);
  if (!listening) return os::answer_error(notifications, call.id, listening.error().os_error);
  substitute->socket.reset();
  substitute->listening = true;
  os::answer_ok(notifications, call.id);
  // Workers that bind the same place one after the other (SO_REUSEPORT) are one place.
  const auto same = [&](const Substitute& other) {
    return other.listening && other.where.backend == substitute->where.backend &&
           other.where.requested == substitute->where.requested;
  };
  if (std::ranges::count_if(unit.substitutes, same) == 1) {
    events_.report(link::UnitListening{unit.id, substitute->where});
  }
}

}  // namespace livefix::keeper
