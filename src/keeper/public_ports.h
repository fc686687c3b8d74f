// The listeners that clients connect to. They belong to the keeper so that neither the death of
// the proxy nor a change of the program closes them: connections wait in their queues meanwhile.
// Each port has one listener for each proxy worker (SO_REUSEPORT); their number never changes,
// because closing one would reset the connections in its queue. Loop thread only.
//
// Services may share a port that requests tell them apart at. It is closed when none of them has
// it any more.
//
// A wildcard listener also gets what is sent to the address of a generation that does not listen
// (any more): a request for a program that just died would come back to the proxy, and round and
// round. So the listeners are deaf to the block of the generations; whoever connects there waits
// until control has noticed the death and the next plan sends him elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/result.h"
#include "model/door.h"
#include "model/service_spec.h"
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
  // `services` must outlive this.
  PublicPorts(std::uint16_t workers, std::optional<Net> generations,
              const std::vector<ServiceSpec>& services)
      : workers_(workers), generations_(generations), services_(services) {}

  // Listens on what a program of a service asked for, which has it from then on. Returns the port
  // when it is new, nullptr when what is open covers it already. The error has the errno that the
  // program would have got. Ask rival() first.
  Result<const Port*> open(const Address& requested, std::size_t service_index);
  // For the proxy alone; closed never.
  Result<const Port*> open_own(const Address& address, const Door& door);
  // Another service that has the port, and from which nothing would tell this one apart there.
  const ServiceSpec* rival(std::uint16_t port, std::size_t service_index) const;
  bool is_anothers(std::uint16_t port, std::size_t service_index) const;
  // The service has it no more. Returns the addresses that are closed by that.
  std::vector<Address> close(const Address& requested, std::size_t service_index);

  const std::vector<Port>& all() const { return ports_; }
  // What a service has asked for and not closed.
  std::vector<Address> of(std::size_t service_index) const;
  std::uint16_t workers() const { return workers_; }

 private:
  // What a program asked for; another address may cover it.
  struct Claim {
    std::size_t service_index;
    Address address;
  };

  bool has(const Address& address) const;
  Result<const Port*> listen(const Address& requested, const Door& door, bool is_own);

  const std::uint16_t workers_;
  const std::optional<Net> generations_;
  const std::vector<ServiceSpec>& services_;
  std::vector<Port> ports_;
  std::vector<Claim> claims_;
};

}  // namespace livefix::keeper
