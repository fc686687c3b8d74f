// One unit as the keeper knows it: a leader, its descendants, their output and their places on
// the network. Owned by Units; loop thread only.
//
//   running --StopUnit--> stopping --no process left--> gone
//      \________________no process left________________/
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/link.h"
#include "os/event_loop.h"
#include "os/fd.h"

namespace livefix::keeper {

// A socket that the keeper put in place of one that the program bound.
struct Substitute {
  link::Listening where;
  ino_t inode = 0;
  bool listening = false;
  // A copy until the program asks to listen. Kept longer, it would take connections after the
  // program's own has gone.
  os::Fd socket{};
};

// Where a program may listen when its ports cannot be taken over (environment mode): it is told
// of both, and may heed one, or none.
struct PortHint {
  std::uint16_t port = 0;  // free when it was chosen: PORT
  os::Fd listener;         // descriptor 3 of the program: LISTEN_FDS (sd_listen_fds(3))
  Address listener_address;
  os::Fd knock;  // a connection to it; once that is accepted, the program uses the listener
};

struct Unit {
  UnitId id{};
  std::string label;
  std::string directory;
  bool serves = true;
  std::size_t service_index = 0;
  TimePoint started;
  link::UnitPhase phase = link::UnitPhase::running;

  pid_t leader = 0;  // 0 once it has been reaped
  int wait_status = 0;
  // Every process of a unit is in one of these sessions: a new one begins with setsid, and that
  // call is trapped. This is exact, needs no cgroup and survives double forks.
  std::set<pid_t> sessions;

  os::Fd output;  // read ends; kept so that a program outlives control without SIGPIPE
  os::Fd errors;

  std::vector<Substitute> substitutes;
  std::set<ino_t> shared_sockets;  // the program itself set SO_REUSEPORT on these
  std::optional<PortHint> hint;

  os::Fd notifications;  // of the port filter
  std::unique_ptr<os::Watch> notification_watch;
  bool filter_empty = false;              // nobody is left under the filter
  std::unique_ptr<os::Timer> kill_timer;  // from SIGTERM to SIGKILL, then again and again
  std::unique_ptr<os::Timer> look_timer;  // looks for what it cannot be told of

  link::UnitSnapshot snapshot() const;
};

}  // namespace livefix::keeper
