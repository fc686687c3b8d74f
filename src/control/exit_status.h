// For tests: the status that waitpid(2) gives of a process that has exited.
#pragma once

#include <cstdint>

namespace livefix::control::testing {

constexpr std::int32_t exit_with(int code) {
  return code << 8;
}

}  // namespace livefix::control::testing
