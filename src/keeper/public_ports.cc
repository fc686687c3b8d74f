#include "keeper/public_ports.h"

#include <algorithm>

#include "os/packet_filter.h"
#include "os/tcp_listener.h"

namespace livefix::keeper {

bool PublicPorts::has(const Address& address) const {
  return std::ranges::any_of(ports_, [&](const Port& port) { return port.address == address; });
}

Result<const PublicPorts::Port*> PublicPorts::open(const Address& requested, const Door& door,
                                                   bool is_own) {
  const Address every_ipv4 = Address::any_ipv4(requested.port);
  const Address every_ipv6 = Address::any_ipv6(requested.port);
  if (has(requested)) return nullptr;
  // The IPv6 wildcard takes IPv4 as well, unless the IPv4 one was there first.
  if (requested == every_ipv4 && has(every_ipv6)) return nullptr;
  os::BindOptions options;
  options.only_ipv6 = requested == every_ipv6 && has(every_ipv4);

  // SO_REUSEPORT would share silently with another livefix of this user, so look first. A port
  // that is ours at another address would only find ourselves.
  const bool ours = std::ranges::any_of(
      ports_, [&](const Port& port) { return port.address.port == requested.port; });
  if (!ours && os::is_listened_on(requested)) {
    return std::unexpected(Error{fmt::format("port {} is in use", requested.port), EADDRINUSE});
  }

  Port port{requested, door, is_own, {}};
  for (std::uint16_t i = 0; i < workers_; ++i) {
    auto listener = os::bind_tcp(requested, options);
    if (!listener) return std::unexpected(listener.error());
    if (generations_) {
      const auto deaf =
          os::drop_packets_to(listener->get(), generations_->address, generations_->prefix);
      if (!deaf) return std::unexpected(deaf.error());
    }
    os::set_no_delay(listener->get());
    if (const auto listening = os::start_listening(listener->get()); !listening) {
      return std::unexpected(listening.error());
    }
    port.listeners.push_back(std::move(*listener));
  }
  return &ports_.emplace_back(std::move(port));
}

void PublicPorts::close(const Address& address) {
  std::erase_if(ports_, [&](const Port& port) { return port.address == address; });
}

}  // namespace livefix::keeper
