// What step() is told, and what it wants done. Messages of the link are events and actions as
// they are; the rest is control's own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/address.h"
#include "base/clock.h"
#include "control/service_state.h"
#include "model/link.h"

namespace livefix::control {

// --- events --------------------------------------------------------------------------------------

struct FirstStart {};
// A unit was seen to accept a connection at `backend`.
struct KnockAccepted {
  UnitId unit{};
  Address backend;
};
struct ChangeSeen {
  std::vector<std::string> paths;
};
struct ReloadAsked {};
// `livefix stop`: unlike a second Ctrl-C, asking again does not hurry.
struct StopAsked {};
// All services of the run have given up.
struct NothingLeft {};
// Time went by: something in next_deadline() is due.
struct Tick {};

using Event = std::variant<FirstStart, link::UnitStarted, link::UnitNotStarted, link::UnitListening,
                           link::PortRefused, link::PortNotRedirectable, link::LeaderExited,
                           link::UnitGone, link::PlanApplied, link::GenerationDrained,
                           link::ProxyDrained, link::ProxyRestarted, link::StopRequested,
                           KnockAccepted, ChangeSeen, ReloadAsked, StopAsked, NothingLeft, Tick>;

// --- reports -------------------------------------------------------------------------------------

// Why an attempt came to nothing.
struct NotStarted {
  std::string reason;  // "nodee: command not found"
};
struct BuildFailed {
  std::int32_t wait_status = 0;
};
struct ExitedEarly {
  std::optional<std::int32_t> wait_status;
  bool listened = false;
};
struct PortTaken {
  Address address;
  std::int32_t os_error = 0;
  std::string holder{};  // as in link::PortRefused
};
struct NeverListened {
  Milliseconds waited{};
};
// It listens and accepts nothing.
struct NeverAccepted {
  Milliseconds waited{};
  Address address;
};
using Failure =
    std::variant<NotStarted, BuildFailed, ExitedEarly, PortTaken, NeverListened, NeverAccepted>;

// What happens after a failure.
struct ServesOn {
  std::uint32_t release = 0;
};
struct WaitsForSave {};
struct TriesAgain {
  std::uint32_t release = 0;
  Milliseconds delay{};
};
struct StartsNewer {};  // another release is on its way already
struct Ends {};
// The other services go on; a reload tries again, and a save where those are seen.
struct StaysDown {
  bool watches = false;
};
using Sequel = std::variant<ServesOn, WaitsForSave, TriesAgain, StartsNewer, Ends, StaysDown>;

struct AttemptBegan {
  Attempt attempt;
};
struct AttemptServes {
  Attempt attempt;
  UnitId unit{};
  bool first = false;  // nothing served before it in the life of this control
  Milliseconds took{};
  std::vector<Address> ports;
};
struct AttemptFailed {
  Attempt attempt;
  UnitId unit{};
  Failure why;
  Sequel sequel;
};
struct AttemptSuperseded {
  Attempt attempt;
};
struct GenerationCrashed {
  std::uint32_t release = 0;
  UnitId unit{};
  std::optional<std::int32_t> wait_status;  // nullopt: nobody saw how it ended
  Milliseconds lived{};
  Sequel sequel;
};
struct PortAdded {
  std::uint32_t release = 0;
  Address address;
};
struct PortMissing {  // a generation that serves wanted a port and did not get it
  std::uint32_t release = 0;
  Address address;
  std::int32_t os_error = 0;
  std::string holder{};
};
struct NotRedirectable {
  std::uint32_t release = 0;
  std::string reason;
};
struct Drained {
  std::uint32_t release = 0;
};
struct DrainCut {
  std::uint32_t release = 0;
  UnitId unit{};
  Milliseconds waited{};
};
struct ProxyCameBack {
  std::int32_t wait_status = 0;
};
struct StopBegan {
  bool at_once = false;
};
struct Stopped {
  std::int32_t exit_status = 0;
};
using Report = std::variant<AttemptBegan, AttemptServes, AttemptFailed, AttemptSuperseded,
                            GenerationCrashed, PortAdded, PortMissing, NotRedirectable, Drained,
                            DrainCut, ProxyCameBack, StopBegan, Stopped>;

// --- actions -------------------------------------------------------------------------------------

// Find out when `unit` accepts connections at `backend`, and say so with KnockAccepted.
struct Knock {
  UnitId unit{};
  Address backend;
};
// Nothing runs this release any more: its build output can go.
struct ForgetBuild {
  std::uint32_t release = 0;
};

using Action = std::variant<link::StartUnit, link::StopUnit, link::ClosePort, link::PublishPlan,
                            link::DrainProxy, link::Finish, Knock, ForgetBuild, Report>;

}  // namespace livefix::control
