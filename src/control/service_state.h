// What control knows about the service: a plain value that step() turns into the next one. No
// descriptor, no clock and no callback in it, so that it can be copied, compared and tested.
//
// A generation:   Starting --switch--> Serving --switch to a newer one--> [Yielding] --> Draining
//                   |  |                ^ ^ |  crash     the newer one crashed |            |
//                   |  '--> [Trial] ----' | |<----------------------------------'            |
//                   |          |          '-|------------ rollback ------- [Warm] <----------+
//                   |          |            |                                |               |
//                   +----------+------------+---> Stopping <-----------------+-- or cut -----+
//                                                    | UnitGone: forgotten
//
// What control is busy with (Task):
//
//   Idle --change--> [Building] --> [MakingRoom] --> Trying --ready--> Switching --applied--> Idle
//     |                  |               |              |                ^   |
//     |                  |               |              '--> [Proving] --'   |
//     |                  +---------------+--- failed ---+-------'------------+---> Idle, BackingOff
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
#include "model/release.h"
#include "model/service_spec.h"

namespace livefix::control {

// What does not change while control lives.
struct Policy {
  ServiceSpec service;
  link::Takeover takeover = link::Takeover::seccomp;
  UnitNumbers numbers{};
  std::string build_directory{};  // of the output of releases that are no commits
  bool terminal = false;          // programs get one
  std::size_t max_draining = 12;  // generations at once
  // Releases are commits that somebody asks for; else they are the tree as it is saved.
  bool runs_commits = false;
  // How long a generation is kept, ready to serve again, when it has nothing left to answer.
  Milliseconds warm{0};
  std::string preview_key{};  // model/routing_plan.h
  // Of the whole run: one alone ends it when it cannot be started, one of several leaves it to the
  // others.
  bool is_alone() const { return numbers.services == 1; }
};

// `first_start`: nothing ran before. `recovery`: control came back and cannot know what it was
// about to start, so it starts what the tree holds now. `rollout`: somebody asked for a commit.
enum class CauseKind : std::uint8_t { first_start, save, reload, crash, recovery, rollout };

// Why a release is started. Serials grow; whoever asked waits for the outcome of a serial that is
// not lower than its own, because a newer change takes the place of an older one.
struct Cause {
  CauseKind kind = CauseKind::first_start;
  std::vector<std::string> paths;  // of a save, sorted
  TimePoint since;
  std::uint64_t serial = 0;
};

// A commit that somebody wants to run.
struct ReleaseOrder {
  Release release;
  bool gradual = false;  // when it is ready it waits to be told what share it gets
  bool alone = false;    // the old generation goes before it starts: requests wait meanwhile
};

struct Attempt {
  Cause cause;
  Release release;
  bool gradual = false;
  bool alone = false;
};

// Of a commit that is to run later, beside whatever else happens.
struct AdvanceBuild {
  Release release;
  UnitId unit{};
};

// --- generations ---------------------------------------------------------------------------------

struct Starting {};
struct Serving {
  TimePoint since;
};
// Beside one that serves, or in its place where there is none: it is being proven.
struct Trial {
  std::uint32_t share = 0;  // percent
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
// It has answered everything, and can serve again at once.
struct Warm {
  TimePoint since;
};
struct Stopping {};

using Phase = std::variant<Starting, Serving, Trial, Yielding, Draining, Warm, Stopping>;

// Where a generation listens, and whether it was seen to accept a connection there.
struct Place {
  link::Listening where;
  bool accepts = false;
};

// A unit as control sees it: a generation, or the build of one.
struct Generation {
  UnitId id{};
  Release release;
  bool builds = false;
  std::int32_t pid = 0;
  TimePoint started;
  Phase phase;
  std::vector<Place> places;
  std::optional<TimePoint> first_listen;
  std::optional<std::int32_t> wait_status;  // of the leader, once it ended
  bool gone = false;                        // no process is left: nobody needs to be told to stop
  bool served = false;                      // it was more than a trial: it can be fallen back to
};

// --- what control is busy with -------------------------------------------------------------------

// Nothing. When no generation serves either, the next change is waited for.
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
// A gradual attempt is ready, and somebody else says what becomes of it.
struct Proving {
  Attempt attempt;
  UnitId candidate{};
  PlanVersion version{};  // that gave it the share that it has
};
struct Switching {
  Attempt attempt;
  UnitId candidate{};
  PlanVersion version{};
  std::optional<Cause> next;  // a change that came in the meantime
  std::optional<ReleaseOrder> next_order{};
};
struct BackingOff {
  Release release;
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

using Task = std::variant<Idle, Building, MakingRoom, Trying, Proving, Switching, BackingOff,
                          StoppingTraffic, Ending, Finished>;

struct ServiceState {
  Task task;
  std::map<UnitId, Generation> units;
  UnitId last_unit{};
  std::uint32_t last_release = 0;  // number of the newest
  std::uint64_t last_serial = 0;
  PlanVersion plan{};  // the version published last
  std::optional<AdvanceBuild> advance_build{};

  bool ever_served = false;
  bool given_up = false;    // it cannot be started as it is; others of the run may go on
  bool fixed_port = false;  // the program cannot be given another port than its own
  Release served_release;   // the last one that served
  std::set<std::uint16_t> served_ports;  // where it did
  Milliseconds backoff{};                // the delay before the next restart
  std::vector<Address> public_ports;
  std::set<std::uint32_t> builds;  // releases whose build output is on disk
};

// --- questions -----------------------------------------------------------------------------------

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
  return is<Serving>(generation) || is<Trial>(generation) || is<Yielding>(generation) ||
         is<Draining>(generation);
}

inline bool is_stopping(const ServiceState& state) {
  return std::holds_alternative<StoppingTraffic>(state.task) ||
         std::holds_alternative<Ending>(state.task) || std::holds_alternative<Finished>(state.task);
}

}  // namespace livefix::control
