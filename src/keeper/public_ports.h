// The listeners that clients connect to. They belong to the keeper so that neither the death of
// the proxy nor a change of the program closes them: connections wait in their queues meanwhile.
// Each port has one listener for each proxy worker (SO_REUSEPORT); their number never changes,
// because closing one would reset the connections in its queue. Loop thread only.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "os/fd.h"

namespace livefix::keeper {

class PublicPorts {
 public:
  struct Port {
    Address address;
    std::vector<os::Fd> listeners;
  };

  explicit PublicPorts(std::uint16_t workers) : workers_(workers) {}

  // Listens on what a program asked for. Returns the port when it is new, nullptr when what is
  // open covers it already. The error has the errno that the program would have got.
  Result<const Port*> open(const Address& requested);
  void close(const Address& address);
  const std::vector<Port>& all() const { return ports_; }

 private:
  bool has(const Address& address) const;

  const std::uint16_t workers_;
  std::vector<Port> ports_;
};

}  // namespace livefix::keeper
