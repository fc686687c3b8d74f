// The messages between keeper, control and proxy. The keeper is the hub: control and proxy each
// have one link to it and never see each other, so either can die and come back alone. Order on
// a link is kept. docs/links.md tells the conversations; each message says which descriptors
// travel with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/address.h"
#include "base/clock.h"
#include "base/ids.h"
#include "model/door.h"
#include "model/routing_plan.h"
#include "model/run_spec.h"

namespace livefix::link {

// Every process that a keeper starts has this in its environment, with the keeper's
// os::process_stamp: so they are found when the keeper was killed.
inline constexpr std::string_view kKeeperVariable = "LIVEFIX_KEEPER";

inline constexpr std::uint16_t kLinkVersion = 1;

// --- values -------------------------------------------------------------------------------------

// How programs are put on their ports. docs/port-takeover.md has the whole story.
enum class Takeover : std::uint8_t {
  seccomp,      // bind and listen are answered by the keeper: two generations at once
  environment,  // PORT and LISTEN_FDS name another port; works where the program honours them
};

// `gone`: no process is left; told once, to a control that was not there when it happened.
enum class UnitPhase : std::uint8_t { running, stopping, gone };

// One place where a unit listens: `backend` is where the proxy reaches it, `requested` what the
// program asked for. `fixed`: the program chose the backend port itself and cannot be given
// another (environment mode only), so that two generations cannot run at once.
struct Listening {
  Address requested;
  Address backend;
  bool fixed = false;
};

// What the keeper knows about a unit, for a control that comes back.
struct UnitSnapshot {
  UnitId unit{};
  std::string label;
  std::string directory;         // where it was started
  std::int32_t pid = 0;          // of the leader; 0 once it has exited
  std::int32_t wait_status = 0;  // of the leader, once it has exited
  UnitPhase phase = UnitPhase::running;
  Milliseconds age{};
  std::vector<Listening> listening;
};

// A public address that programs of a service asked for.
struct PublicPort {
  Address address;
};

// What the keeper knows about one service, for a control that comes back.
struct ServiceSnapshot {
  UnitId last_unit{};  // the highest id that it ever used
  std::vector<UnitSnapshot> units;
  std::vector<PublicPort> ports;
  RoutingPlan plan;  // the last one published; version 0: none yet
};

// --- control to keeper ---------------------------------------------------------------------------

// Start a unit: its own session, its output on two pipes (pseudo-terminals when `terminal`), the
// keeper's environment with `environment` ("NAME=value") laid over it. `serves`: its ports are
// taken over; a build's are not. `label` is control's own name for it and comes back in snapshots.
struct StartUnit {
  UnitId unit{};
  std::string label;
  std::vector<std::string> command;
  std::vector<std::string> environment;
  std::string directory;
  bool serves = true;
  bool terminal = false;
  std::uint16_t service_index = 0;
};

// SIGTERM to every process of the unit; SIGKILL to what is left after `grace`.
struct StopUnit {
  UnitId unit{};
  Milliseconds grace{};
};

// No generation of the service serves this public port any more: it is closed unless another
// service has it, too.
struct ClosePort {
  Address address;
  std::uint16_t service_index = 0;
};

// Keep this plan of its service and hand it to the proxy, also to one that starts later.
struct PublishPlan {
  RoutingPlan plan;
};

// Show these certificates from now on, also by a proxy that starts later. Descriptor: as UseTls.
struct PublishTls {};

// Write the access log to this from now on, also a proxy that starts later. Descriptor: as UseLog.
struct PublishLog {};

// The proxy closes its listeners and finishes what it carries; answered by ProxyDrained. `ends`:
// when the programs are stopped whether it has or not; WebSockets are told before.
struct DrainProxy {
  std::optional<TimePoint> ends{};
};

// Everything control wanted done is done: end what is left and exit with this status.
struct Finish {
  std::int32_t exit_status = 0;
};

using FromControl = std::variant<StartUnit, StopUnit, ClosePort, PublishPlan, PublishTls,
                                 PublishLog, DrainProxy, Finish>;

// --- keeper to control ---------------------------------------------------------------------------

// First message to every control. Descriptors: the traffic statistics (memfd), the listening
// socket of the control API, the record rings (memfd), the eventfd that says that one has
// something, what is kept of the records (memfd, which the proxy does not get), then standard
// output and error of each unit of each service, in order; of those beyond what a message carries
// there are none.
struct Welcome {
  std::uint16_t version = kLinkVersion;
  RunSpec run;
  std::int32_t keeper_pid = 0;
  std::uint32_t starts_of_control = 0;  // 1 for the first
  Takeover takeover = Takeover::seccomp;
  std::string takeover_reason;            // why it is not seccomp; empty when it is
  std::uint16_t workers = 1;              // threads of the proxy
  std::vector<ServiceSnapshot> services;  // as in RunSpec
  bool stop_requested = false;
};

// Descriptors: standard output and standard error of the unit, to be read by control.
struct UnitStarted {
  UnitId unit{};
  std::int32_t pid = 0;
};

struct UnitNotStarted {
  UnitId unit{};
  std::string reason;  // "nodee: command not found"
};

// `listen` was called on a port that was taken over, or found listening in environment mode.
struct UnitListening {
  UnitId unit{};
  Listening where;
};

// The public address could not be bound, or not be read from the program.
struct PortRefused {
  UnitId unit{};
  Address address;
  std::int32_t os_error = 0;
  std::string holder{};  // the service of this run that has the port, if that is why
};

struct PortNotRedirectable {
  UnitId unit{};
  std::string reason;
};

// The leader ended; others of the unit may live on (daemons). `wait_status` as waitpid(2) has it.
struct LeaderExited {
  UnitId unit{};
  std::int32_t wait_status = 0;
};

// No process of the unit is left. Nothing else comes about it.
struct UnitGone {
  UnitId unit{};
};

struct PlanApplied {
  PlanVersion version{};
  std::string service{};
};

// Generation has nothing in flight under `version`, in which it has weight 0, nor will have.
struct GenerationDrained {
  UnitId generation{};
  PlanVersion version{};
  std::string service{};
};

struct ProxyDrained {};

struct TlsInUse {
  std::uint32_t number = 0;
};

struct TlsRefused {
  std::uint32_t number = 0;
  std::string reason;  // "cert.pem: its key belongs to another certificate"
};

// The access log is not written as it should be, or is again. `dropped`: lines that are missing
// since it was told last. `needs_file`: the descriptor is of no use any more.
struct LogTrouble {
  std::string reason;  // of the system, "No space left on device"; empty: it is written
  bool needs_file = false;
  std::uint64_t dropped = 0;
};

// The proxy died and a new one serves: connections it carried are gone.
struct ProxyRestarted {
  std::int32_t wait_status = 0;
};

// The user asked for an end: Ctrl-C, SIGTERM or the terminal went away.
struct StopRequested {
  std::int32_t signal = 0;
};

using ToControl =
    std::variant<Welcome, UnitStarted, UnitNotStarted, UnitListening, PortRefused,
                 PortNotRedirectable, LeaderExited, UnitGone, PlanApplied, GenerationDrained,
                 ProxyDrained, TlsInUse, TlsRefused, LogTrouble, ProxyRestarted, StopRequested>;

// --- keeper to proxy -----------------------------------------------------------------------------

// First message to every proxy. Descriptors: the traffic statistics, the record rings (memfds), and
// the eventfd to be written to when one of these has something.
struct ProxyWelcome {
  std::uint16_t version = kLinkVersion;
  std::uint16_t workers = 1;
  ProxySpec settings{};
};

// Serve a public port. Descriptors: one listening socket for each worker (SO_REUSEPORT).
struct OpenPort {
  Address address;
  Door door{};
  // Not a program's but the proxy's own: requests are told apart by host and path alone.
  bool is_own = false;
};

// Descriptor: memory with the encoded TlsIdentities, which nobody but the proxy reads. Answered by
// TlsInUse or TlsRefused with its number; what was in use before stays until then.
struct UseTls {
  std::uint32_t number = 0;
};

// Descriptor: the file or pipe for the lines of the access log, in append mode where it is a file;
// a pipe must not block. What was in use before gets the lines that were there before.
struct UseLog {};

// Sent when control closes a port; connections that were accepted stay.
struct ForgetPort {
  Address address;
};

struct ApplyPlan {
  RoutingPlan plan;
};

using ToProxy =
    std::variant<ProxyWelcome, OpenPort, ForgetPort, UseTls, UseLog, ApplyPlan, DrainProxy>;

// --- proxy to keeper: passed on to control as they are -------------------------------------------

using FromProxy =
    std::variant<PlanApplied, GenerationDrained, ProxyDrained, TlsInUse, TlsRefused, LogTrouble>;

}  // namespace livefix::link
