#include "control/generation_windows.h"

namespace livefix::control {
namespace {

rollout::Window window_of(const Traffic::Counts& now, const Traffic::Counts& before) {
  const Traffic::Counts counts = now.since(before);
  return {counts.ended(), counts.errors(), counts.latencies};
}

}  // namespace

void GenerationWindows::read(TimePoint at, const Traffic::Counts& candidate,
                             const Traffic::Counts& old) {
  readings_.push_back({at, candidate, old});
}

void GenerationWindows::old_gets_nothing(const Traffic::Counts& old) {
  if (last_of_old_ || (readings_.empty() && !begun_)) return;
  last_of_old_ = window_of(old, readings_.empty() ? *begun_ : readings_.front().old);
}

WindowPair GenerationWindows::since(TimePoint since, const Traffic::Counts& candidate,
                                    const Traffic::Counts& old) const {
  Reading from{};
  for (const Reading& reading : readings_) {
    if (reading.at <= since) from = reading;
  }
  return {window_of(candidate, from.candidate),
          last_of_old_ ? *last_of_old_ : window_of(old, from.old)};
}

}  // namespace livefix::control
