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
#include "model/release.h"

namespace livefix::control {

// --- events --------------------------------------------------------------------------------------

// `release`: the commit to run; none: the tree, or nothing where releases are commits.
struct FirstStart {
  Release release{};
};
// A unit was seen to accept a connection at `backend`.
struct KnockAccepted {
  UnitId unit{};
  Address backend;
};
struct ChangeSeen {
  std::vector<std::string> paths;
};
struct ReloadAsked {};
// Build it, so that it can be run. Told by ReleaseBuilt.
struct BuildAsked {
  Release release;
};
struct BuildCancelled {};
// Run it; it is built.
struct ReleaseAsked {
  ReleaseOrder order;
};
// What a gradual one waits for. A share or to be kept only when it is ready, its end at any time.
struct ShareAsked {
  std::uint32_t percent = 0;
};
// `release` has to run from now on, also when its candidate is gone meanwhile, or there was none.
struct KeepAsked {
  Release release{};
};
struct TakeBackAsked {
  std::string reason;  // "errors 6.2 % of 412"
};
// `livefix stop`: unlike a second Ctrl-C, asking again does not hurry.
struct StopAsked {};
// All services of the run have given up.
struct NothingLeft {};
// Time went by: something in next_deadline() is due.
struct Tick {};

using Event =
    std::variant<FirstStart, link::UnitStarted, link::UnitNotStarted, link::UnitListening,
                 link::PortRefused, link::PortNotRedirectable, link::LeaderExited, link::UnitGone,
                 link::PlanApplied, link::GenerationDrained, link::ProxyDrained,
                 link::ProxyRestarted, link::StopRequested, KnockAccepted, ChangeSeen, ReloadAsked,
                 BuildAsked, BuildCancelled, ReleaseAsked, ShareAsked, KeepAsked, TakeBackAsked,
                 StopAsked, NothingLeft, Tick>;

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
  bool was_ready = false;  // and had perhaps some of the traffic
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
struct TakenBack {
  std::string reason;
};
using Failure = std::variant<NotStarted, BuildFailed, ExitedEarly, PortTaken, NeverListened,
                             NeverAccepted, TakenBack>;

// What happens after a failure.
struct ServesOn {
  Release release;
};
struct WaitsForSave {};
struct WaitsForCommit {};
struct TriesAgain {
  Release release;
  Milliseconds delay{};
};
struct StartsNewer {};  // another release is on its way already
struct Ends {};
// The other services go on; a reload tries again, and a save where those are seen.
struct StaysDown {
  bool watches = false;
};
using Sequel =
    std::variant<ServesOn, WaitsForSave, WaitsForCommit, TriesAgain, StartsNewer, Ends, StaysDown>;

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
// In advance. Without `failure` it can be run.
struct ReleaseBuilt {
  Release release;
  UnitId unit{};
  std::optional<Failure> failure;
};
// Of a gradual one: it can take its share.
struct CandidateReady {
  Attempt attempt;
  UnitId unit{};
};
// All workers of the proxy go by it.
struct ShareApplied {
  std::uint32_t percent = 0;
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
  Release release;
  UnitId unit{};
  std::optional<std::int32_t> wait_status;  // nullopt: nobody saw how it ended
  Milliseconds lived{};
  Sequel sequel;
};
struct PortAdded {
  Release release;
  Address address;
};
struct PortMissing {  // a generation that serves wanted a port and did not get it
  Release release;
  Address address;
  std::int32_t os_error = 0;
  std::string holder{};
};
struct NotRedirectable {
  Release release;
  std::string reason;
};
struct Drained {
  Release release;
  bool stays_warm = false;
};
struct DrainCut {
  Release release;
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
using Report =
    std::variant<AttemptBegan, ReleaseBuilt, CandidateReady, ShareApplied, AttemptServes,
                 AttemptFailed, AttemptSuperseded, GenerationCrashed, PortAdded, PortMissing,
                 NotRedirectable, Drained, DrainCut, ProxyCameBack, StopBegan, Stopped>;

// --- actions -------------------------------------------------------------------------------------

// Find out when `unit` accepts connections at `backend`, and say so with KnockAccepted.
struct Knock {
  UnitId unit{};
  Address backend;
};
// Nothing runs this release any more: its build output can go.
struct ForgetBuild {
  Release release;
};

using Action = std::variant<link::StartUnit, link::StopUnit, link::ClosePort, link::PublishPlan,
                            link::DrainProxy, link::Finish, Knock, ForgetBuild, Report>;

}  // namespace livefix::control
