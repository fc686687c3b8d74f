// Randomness of the kernel, for what goes on by itself from there (getrandom(2)).
#pragma once

#include <array>
#include <cstdint>

#include "base/result.h"

namespace livefix::os {

// 128 bits, never the same again. Waits, early in the boot of a machine, until the kernel has some.
Result<std::array<std::uint64_t, 2>> random_seed();

}  // namespace livefix::os
