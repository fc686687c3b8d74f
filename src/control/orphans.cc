#include "control/orphans.h"

#include <fmt/format.h>
#include <unistd.h>

#include <thread>

#include "model/link.h"
#include "os/orphan_end.h"
#include "os/process.h"

namespace livefix::control {
namespace {

constexpr Milliseconds kLook{5};
constexpr Milliseconds kDies{200};  // its sockets close some time before it counts as dead

}  // namespace

Orphans::Orphans(pid_t keeper)
    : keeper_(keeper),
      mark_(fmt::format("{}={}", link::kKeeperVariable, os::process_stamp(keeper))) {}

bool Orphans::keeper_died() const {
  for (const auto end = Clock::now() + kDies; getppid() == keeper_;) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

void Orphans::end(Milliseconds grace) const {
  if (keeper_ <= 0 || !keeper_died()) return;
  os::end_processes_started_with(mark_, grace);
}

}  // namespace livefix::control
