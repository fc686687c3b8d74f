// What is done where ports cannot be taken over: each generation is told another port in PORT and
// is handed a listening socket (LISTEN_FDS); what it then listens on is looked up in /proc. A
// program that heeds neither keeps the port it wants; it is served on a public port beside it, and
// its generations run one after the other. Loop thread only.
#pragma once

#include <functional>
#include <optional>

#include "keeper/public_ports.h"
#include "keeper/unit.h"
#include "model/link.h"

namespace livefix::keeper {

class EnvironmentPorts {
 public:
  struct Events {
    std::function<void(const PublicPorts::Port&)> port_opened;
    std::function<void(link::ToControl)> report;
  };

  // Both must outlive this.
  EnvironmentPorts(const std::vector<ServiceSpec>& services, PublicPorts& ports, Events events)
      : services_(services), ports_(ports), events_(std::move(events)) {}

  // For a unit that is about to start; nullopt when the system has no port to give.
  std::optional<PortHint> hint();
  // Finds new listening sockets of the unit and reports them.
  void look(Unit& unit);

 private:
  // Whether the program serves the socket that it was handed: nobody says so but a connection.
  void look_at_listener(Unit& unit, PortHint& hint);
  void found(Unit& unit, const Address& own, bool fixed);
  std::optional<Address> open_public(const Unit& unit, const Address& own, bool fixed);
  // What the user asked for; 0: nothing, so that a place is looked for.
  std::uint16_t port_asked_for(const Unit& unit) const;

  const std::vector<ServiceSpec>& services_;
  PublicPorts& ports_;
  Events events_;
};

}  // namespace livefix::keeper
