#include "keeper/public_ports.h"

#include <algorithm>

#include "model/told_apart.h"
#include "os/packet_filter.h"
#include "os/tcp_listener.h"

namespace livefix::keeper {

bool PublicPorts::has(const Address& address) const {
  return std::ranges::any_of(ports_, [&](const Port& port) { return port.address == address; });
}

Result<const PublicPorts::Port*> PublicPorts::open(const Address& requested,
                                                   std::size_t service_index) {
  auto opened = listen(requested, {}, false);
  const auto owned = of(service_index);
  if (opened && std::ranges::find(owned, requested) == owned.end()) {
    claims_.push_back({service_index, requested});
  }
  return opened;
}

Result<const PublicPorts::Port*> PublicPorts::open_own(const Address& address, const Door& door) {
  return listen(address, door, true);
}

Result<const PublicPorts::Port*> PublicPorts::listen(const Address& requested, const Door& door,
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
    os::notice_vanished_peers(listener->get());
    if (const auto listening = os::start_listening(listener->get()); !listening) {
      return std::unexpected(listening.error());
    }
    port.listeners.push_back(std::move(*listener));
  }
  return &ports_.emplace_back(std::move(port));
}

const ServiceSpec* PublicPorts::rival(std::uint16_t port, std::size_t service_index) const {
  for (const Claim& claim : claims_) {
    if (claim.address.port != port || claim.service_index == service_index) continue;
    const ServiceSpec& other = services_.at(claim.service_index);
    if (!told_apart(other.traffic, services_.at(service_index).traffic)) return &other;
  }
  return nullptr;
}

bool PublicPorts::is_anothers(std::uint16_t port, std::size_t service_index) const {
  return std::ranges::any_of(claims_, [&](const Claim& claim) {
    return claim.address.port == port && claim.service_index != service_index;
  });
}

std::vector<Address> PublicPorts::of(std::size_t service_index) const {
  std::vector<Address> addresses;
  for (const Claim& claim : claims_) {
    if (claim.service_index == service_index) addresses.push_back(claim.address);
  }
  return addresses;
}

// By its number, as control counts ports: a wildcard may stand for what another address covers.
std::vector<Address> PublicPorts::close(const Address& requested, std::size_t service_index) {
  std::erase_if(claims_, [&](const Claim& claim) {
    return claim.service_index == service_index && claim.address == requested;
  });
  std::vector<Address> closed;
  if (std::ranges::any_of(
          claims_, [&](const Claim& claim) { return claim.address.port == requested.port; })) {
    return closed;
  }
  std::erase_if(ports_, [&](const Port& port) {
    if (port.is_own || port.address.port != requested.port) return false;
    closed.push_back(port.address);
    return true;
  });
  return closed;
}

}  // namespace livefix::keeper
