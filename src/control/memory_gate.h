// Is there room for the new generation beside the old one? Judgements of figures; os/memory_room.h
// reads them. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "os/memory_room.h"
#include "rollout/rollout_event.h"

namespace livefix::control {

// Before the candidates start. They will need what the old generations have (`old`, bytes, of those
// that run on beside theirs) and a tenth more. Where the room is not known it is taken to be
// enough: a look ahead, no gate.
rollout::MemoryChecked judge_room(std::uint64_t old, const std::optional<os::MemoryRoom>& room);

// While both run: so little is left that the kernel is about to end a process of its own choice,
// which may be the old one.
rollout::MemoryChecked judge_rest(const std::optional<os::MemoryRoom>& room);

}  // namespace livefix::control
