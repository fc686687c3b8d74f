#include "os/random_seed.h"

#include <sys/random.h>

#include <cerrno>

namespace livefix::os {

Result<std::array<std::uint64_t, 2>> random_seed() {
  std::array<std::uint64_t, 2> seed{};
  // Up to 256 bytes come at once; only the wait for the first ones can be interrupted.
  while (getrandom(seed.data(), sizeof seed, 0) < 0) {
    if (errno != EINTR) return fail_errno("getrandom");
  }
  return seed;
}

}  // namespace livefix::os
