// What is done where ports cannot be taken over: each generation is told another port in PORT,
// and what it then listens on is looked up in /proc. A program that does not honour PORT keeps the
// port it wants; it is served on a public port beside it, and its generations run one after the
// other. Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

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

  // `public_port`: what the user asked for, 0 when nothing. `ports` must outlive this.
  EnvironmentPorts(std::uint16_t public_port, PublicPorts& ports, Events events);

  // Additions to the environment of a unit that is about to start.
  std::vector<std::string> hints(const link::StartUnit& order);
  // Finds new listening sockets of the unit and reports them.
  void look(Unit& unit);

 private:
  void found(Unit& unit, const Address& own);
  std::optional<Address> open_public(UnitId unit, const Address& own, bool fixed);

  const std::uint16_t public_port_;  // 0: next to the program's own
  PublicPorts& ports_;
  Events events_;
  std::map<UnitId, std::uint16_t> told_;  // the PORT of each unit
};

}  // namespace livefix::keeper
