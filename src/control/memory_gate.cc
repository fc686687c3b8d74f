#include "control/memory_gate.h"

#include <algorithm>

namespace livefix::control {
namespace {

constexpr std::uint64_t kTenth = 10;
// What has to be left while both run: a fiftieth, and of a large limit no more than this.
constexpr std::uint64_t kFiftieth = 50;
constexpr std::uint64_t kMostLeft = 32U << 20;

rollout::MemoryChecked judge(std::uint64_t needed, std::uint64_t available) {
  return {available >= needed, {needed, available}};
}

}  // namespace

rollout::MemoryChecked judge_room(std::uint64_t old, const std::optional<os::MemoryRoom>& room) {
  if (!room || old == 0) return {};
  return judge(old + old / kTenth, room->available);
}

rollout::MemoryChecked judge_rest(const std::optional<os::MemoryRoom>& room) {
  if (!room) return {};
  return judge(std::min(room->limit / kFiftieth, kMostLeft), room->available);
}

}  // namespace livefix::control
