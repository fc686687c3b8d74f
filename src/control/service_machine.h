// The decisions of control, as a pure function. The driver feeds it and does what it says; that
// is all the driver decides. service_state.h has the drawing.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "control/service_event.h"
#include "control/service_state.h"
#include "model/link.h"

namespace livefix::control {

struct Transition {
  ServiceState state;
  std::vector<Action> actions;  // to be done in this order
};

// Events about units that are not known, and events that come too late, change nothing.
Transition step(ServiceState state, const Event& event, const Policy& policy, TimePoint now);

// When Tick is due at the latest; nullopt: only events can change anything.
std::optional<TimePoint> next_deadline(const ServiceState& state, const Policy& policy);

// The state of a control that was started anew, from what the keeper remembers. Control keeps
// nothing on disk: what has happened is in the keeper's snapshot, and what was only decided is
// decided again. Of commits the one that was kept last runs, and what was on its way is taken back.
struct Remembered {
  bool stop_requested = false;
  bool tree_is_newer = false;  // files were saved after the generation that serves was started
  std::vector<Release> commits{};
  Release kept{};    // of these
  Release before{};  // ran before that one: it serves on where no unit of that one is there yet
};
Transition restore(const link::ServiceSnapshot& service, const Remembered& remembered,
                   const Policy& policy, TimePoint now);

// How releases are named to the keeper, so that they can be recognised in a snapshot.
std::string unit_label(const Release& release, bool builds);
struct ParsedLabel {
  Release release;
  bool builds = false;
};
// One of `commits`, or a saved release.
std::optional<ParsedLabel> parse_label(std::string_view label,
                                       std::span<const Release> commits = {});

// Where the build of a release puts its output. Of a commit that is in its own directory, so that
// it stays and goes with it.
std::string build_output(const Policy& policy, const Release& release);

}  // namespace livefix::control
