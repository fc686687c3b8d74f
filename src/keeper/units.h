// Starts, stops and reaps units, and tells control what happens to them. Loop thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "keeper/unit.h"
#include "model/link.h"
#include "os/event_loop.h"

namespace livefix::keeper {

class Units {
 public:
  struct Events {
    // `fds` travel with the message.
    std::function<void(const link::ToControl&, std::span<const int> fds)> report;
    // A call waits in the unit's filter.
    std::function<void(Unit&)> trapped_call;
    // Environment mode: asked again and again while a unit runs.
    std::function<void(Unit&)> look_for_ports;
    // What the program is told in environment mode.
    std::function<std::optional<PortHint>()> port_hint;
    std::function<bool()> control_listens;
    // Nothing is left of some unit.
    std::function<void()> gone;
  };

  // `terminal`: where the size of pseudo-terminals comes from.
  Units(os::EventLoop& loop, link::Takeover takeover, int terminal, Events events);

  void start(const link::StartUnit& order);
  void stop(UnitId id, Milliseconds grace);
  void stop_all(Milliseconds grace);
  // To the leaders of all units that serve.
  void forward_signal(int number);
  void resize_terminals();

  // A child of the keeper was reaped. False when it leads no unit.
  bool reaped(pid_t pid, int wait_status);

  bool empty() const { return units_.empty(); }
  // The highest id that a service ever used.
  UnitId last(std::size_t service_index) const;
  std::vector<const Unit*> all() const;
  // Control has been told everything: units that went unnoticed can go.
  void forget_gone();

 private:
  void watch(Unit& unit);
  void kill_all(Unit& unit, int number);
  void escalate(Unit& unit);
  void look(Unit& unit);
  // Removes the unit when nothing of it is left. `unit` may be destroyed: use it no more.
  void settle(Unit& unit);
  Unit* find(UnitId id);

  os::EventLoop& loop_;
  const link::Takeover takeover_;
  const int terminal_;
  Events events_;
  const std::string mark_;  // "LIVEFIX_KEEPER=...", in the environment of all that is started
  std::map<std::size_t, UnitId> last_;  // by service
  std::map<UnitId, std::unique_ptr<Unit>> units_;
  std::vector<std::unique_ptr<Unit>> buried_;  // gone inside their own events; freed later
  os::Timer burial_{loop_, [this] { buried_.clear(); }};
};

}  // namespace livefix::keeper
