#include "rollout/rollout_state.h"

namespace livefix::rollout {
namespace {

struct PhaseName {
  std::string_view operator()(const Preparing&) const { return "preparing"; }
  std::string_view operator()(const Building&) const { return "building"; }
  std::string_view operator()(const Starting&) const { return "starting"; }
  std::string_view operator()(const Verifying&) const { return "verifying"; }
  std::string_view operator()(const Shifting&) const { return "shifting"; }
  std::string_view operator()(const Promoting&) const { return "promoting"; }
  std::string_view operator()(const Promoted&) const { return "promoted"; }
  std::string_view operator()(const TakingBack&) const { return "taking_back"; }
  std::string_view operator()(const TakenBack&) const { return "taken_back"; }
  std::string_view operator()(const Refused&) const { return "refused"; }
};

struct GateName {
  std::string_view operator()(const NotLaidOut&) const { return "lay_out"; }
  std::string_view operator()(const NotBuilt&) const { return "build"; }
  std::string_view operator()(const NoMemory&) const { return "memory"; }
  std::string_view operator()(const NotStarted&) const { return "start"; }
  std::string_view operator()(const NotHealthy&) const { return "health"; }
  std::string_view operator()(const FailsReplay&) const { return "replay"; }
  std::string_view operator()(const FailsMirror&) const { return "mirror"; }
  std::string_view operator()(const Crashed&) const { return "crash"; }
  std::string_view operator()(const TooManyErrors&) const { return "errors"; }
  std::string_view operator()(const TooSlow&) const { return "p99"; }
  std::string_view operator()(const TooLittleTraffic&) const { return "little_traffic"; }
  std::string_view operator()(const TookTooLong&) const { return "time"; }
  std::string_view operator()(const NotRecorded&) const { return "record"; }
  std::string_view operator()(const Aborted&) const { return "abort"; }
  std::string_view operator()(const PusherGone&) const { return "pusher"; }
  std::string_view operator()(const PausedTooLong&) const { return "pause"; }
  std::string_view operator()(const Interrupted&) const { return "interrupted"; }
};

}  // namespace

std::string_view name_of(const RolloutState& state) {
  return std::visit(PhaseName{}, state.phase);
}

std::string_view gate_name(const Verdict& verdict) {
  return std::visit(GateName{}, verdict.grounds);
}

}  // namespace livefix::rollout
