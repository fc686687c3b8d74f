// The listeners that clients connect to. They belong to the keeper so that neither the death of
// the proxy nor a change of the program closes them: connections wait in their queues meanwhile.
// Each port has one listener for each proxy worker (SO_REUSEPORT); their number never changes,
// because closing one would reset the connections in its queue. Loop thread only.
//
// A wildcard listener also gets what is sent to the address of a generation that does not listen
// (any more): a request for a program that just died would come back to the proxy, and round and
// round. So the listeners are deaf to the block of the generations; whoever connects there waits
// until control has noticed the death and the next plan sends him elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "model/door.h"
#include "os/fd.h"

namespace livefix::keeper {

class PublicPorts {
 public:
  struct Port {
    Address address;
    Door door;
    bool is_own;  // the proxy's, and no program's
    std::vector<os::Fd> listeners;
  };

  // `generations`: the net of the generations' addresses, where there is one.
  struct Net {
    Address address;
    unsigned prefix = 0;
  };
  PublicPorts(std::uint16_t workers, std::optional<Net> generations)
      : workers_(workers), generations_(generations) {}

  // Listens on what a program asked for. Returns the port when it is new, nullptr when what is
  // open covers it already. The error has the errno that the program would have got.
  Result<const Port*> open(const Address& requested, const Door& door = {}, bool is_own = false);
  void close(const Address& address);
  const std::vector<Port>& all() const { return ports_; }
  std::uint16_t workers() const { return workers_; }

 private:
  bool has(const Address& address) const;

  const std::uint16_t workers_;
  const std::optional<Net> generations_;
  std::vector<Port> ports_;
};

}  // namespace livefix::keeper
