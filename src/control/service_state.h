// What control knows about the service: a plain value that step() turns into the next one. No
// descriptor, no clock and no callback in it, so that it can be copied, compared and tested.
//
// A generation:   Starting --switch--> Serving --switch to a newer one--> [Yielding] --> Draining
//                     |                 ^ |  crash       the newer one crashed |            |
//                     |                 | |<------------------------------------'            |
//                     +-------------------+------------> Stopping <--- drained, or cut ------+
//                                                           | UnitGone: forgotten
//
// What control is busy with (Task):
//
//   Idle --change--> [Building] --> [MakingRoom] --> Trying --ready--> Switching --applied--> Idle
//     |                  |               |              |                  |
//     |                  +---------------+--- failed ---+------------------+---> Idle, BackingOff
//     +--crash--> BackingOff --> Trying ...
//   any --stop--> StoppingTraffic --drained--> Ending --all gone--> Finished
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "base/address.h"
#include "base/clock.h"
#include "base/ids.h"
#include "control/unit_numbers.h"
#include "model/link.h"
#include "model/service_spec.h"

namespace livefix::control {

// What does not change while control lives.
struct Policy {
  ServiceSpec service;
  link::Takeover takeover = link::Takeover::seccomp;
  UnitNumbers numbers{};
  std::string build_directory{};  // of the releases' output
  bool terminal = false;          // programs get one
  std::size_t max_draining = 12;  // generations at once
  // Of the whole run: one alone ends it when it cannot be started, one of several leaves it to the
  // others.
  bool is_alone() const { return numbers.services == 1; }
};

// `first_start`: nothing ran before. `recovery`: control came back and cannot know what it was
// about to start, so it starts what the tree holds now.
enum class CauseKind : std::uint8_t { first_start, save, reload, crash, recovery };

// Why a release is started. Serials grow; whoever asked waits for the outcome of a serial that is
// not lower than its own, because a newer change takes the place of an older one.
struct Cause {
  CauseKind kind = CauseKind::first_start;
  std::vector<std::string> paths;  // of a save, sorted
  TimePoint since;
  std::uint64_t serial = 0;
};

struct Attempt {
  Cause cause;
  std::uint32_t release = 0;
};

// --- generations ---------------------------------------------------------------------------------

struct Starting {};
struct Serving {
  TimePoint since;
};
// With a slow start: the newer one takes its share step by step.
struct Yielding {
  TimePoint since;
  std::uint32_t share = 0;  // what is left to it, percent
};
struct Draining {
  TimePoint since;
  PlanVersion version{};  // the plan that took its traffic away
};
struct Stopping {};

using Phase = std::variant<Starting, Serving, Yielding, Draining, Stopping>;

// Where a generation listens, and whether it was seen to accept a connection there.
struct Place {
  link::Listening where;
  bool accepts = false;
};

// A unit as control sees it: a generation, or the build of one.
struct Generation {
  UnitId id{};
  std::uint32_t release = 0;
  bool builds = false;
  std::int32_t pid = 0;
  TimePoint started;
  Phase phase;
  std::vector<Place> places;
  std::optional<TimePoint> first_listen;
  std::optional<std::int32_t> wait_status;  // of the leader, once it ended
  bool gone = false;                        // no process is left: nobody needs to be told to stop
};

// --- what control is busy with -------------------------------------------------------------------

// Nothing. When no generation serves either, the next save is waited for.
struct Idle {};
struct Building {
  Attempt attempt;
  UnitId unit{};
};
// Two generations cannot run at once: the old one goes before the new one starts, and requests
// wait in the proxy.
struct MakingRoom {
  Attempt attempt;
};
struct Trying {
  Attempt attempt;
  UnitId candidate{};
};
struct Switching {
  Attempt attempt;
  UnitId candidate{};
  PlanVersion version{};
  std::optional<Cause> next;  // a change that came in the meantime
};
struct BackingOff {
  std::uint32_t release = 0;
  TimePoint until;
};
// The proxy finishes what it carries.
struct StoppingTraffic {
  TimePoint since;
  std::int32_t exit_status = 0;
};
struct Ending {
  std::int32_t exit_status = 0;
};
struct Finished {};

using Task = std::variant<Idle, Building, MakingRoom, Trying, Switching, BackingOff,
                          StoppingTraffic, Ending, Finished>;

struct ServiceState {
  Task task;
  std::map<UnitId, Generation> units;
  UnitId last_unit{};
  std::uint32_t last_release = 0;
  std::uint64_t last_serial = 0;
  PlanVersion plan{};  // the version published last

  bool ever_served = false;
  bool given_up = false;             // it cannot be started as it is; others of the run may go on
  bool fixed_port = false;           // the program cannot be given another port than its own
  std::uint32_t served_release = 0;  // the last one that served
  std::set<std::uint16_t> served_ports;  // where it did
  Milliseconds backoff{};                // the delay before the next restart
  std::vector<Address> public_ports;
  std::set<std::uint32_t> builds;  // releases whose build output is on disk
};

// --- questions -----------------------------------------------------------------------------------

inline std::string release_name(std::uint32_t release) {
  return "dev-" + std::to_string(release);
}

template <class P>
bool is(const Generation& generation) {
  return std::holds_alternative<P>(generation.phase);
}

// The newest generation that gets new requests, or nullptr.
inline const Generation* serving(const ServiceState& state) {
  for (const auto& [id, unit] : state.units) {
    if (is<Serving>(unit)) return &unit;
  }
  return nullptr;
}

// Clients are at it, and some of their requests may be.
inline bool carries(const Generation& generation) {
  return is<Serving>(generation) || is<Yielding>(generation) || is<Draining>(generation);
}

inline bool is_stopping(const ServiceState& state) {
  return std::holds_alternative<StoppingTraffic>(state.task) ||
         std::holds_alternative<Ending>(state.task) || std::holds_alternative<Finished>(state.task);
}

}  // namespace livefix::control
