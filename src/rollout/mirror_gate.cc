#include "rollout/mirror_gate.h"

namespace livefix::rollout {

std::optional<MirrorFault> judge(const MirrorFigures& figures, const MirrorSpec& spec) {
  if (figures.broken > 0) return MirrorFault::breaks;
  if (spec.must_be_alike && figures.differ > 0) return MirrorFault::differs;
  return std::nullopt;
}

}  // namespace livefix::rollout
