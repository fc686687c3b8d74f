// Finds out by doing it once whether programs can be put on other addresses here: containers,
// kernels and other filters differ, and asking for versions would guess.
#pragma once

#include "base/result.h"

namespace livefix::keeper {

// An error says in a sentence what is in the way. Takes a few milliseconds; a second at most.
Status probe_takeover();

}  // namespace livefix::keeper
