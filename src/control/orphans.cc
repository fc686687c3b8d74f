#include "control/orphans.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

#include "model/link.h"
#include "os/process.h"

namespace livefix::control {
namespace {

constexpr Milliseconds kLook{20};
constexpr Milliseconds kDies{200};     // its sockets close some time before it counts as dead
constexpr Milliseconds kGiveUp{2000};  // after SIGKILL: what is stuck in the kernel

}  // namespace

Orphans::Orphans(pid_t keeper)
    : keeper_(keeper),
      mark_(fmt::format("{}={}", link::kKeeperVariable, os::process_stamp(keeper))) {}

bool Orphans::keeper_died() const {
  for (const auto end = Clock::now() + kDies; getppid() == keeper_;) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(kLook / 4);
  }
  return true;
}

void Orphans::end(Milliseconds grace) const {
  if (keeper_ <= 0 || !keeper_died()) return;
  const auto kill_all = [this](int number) {
    const auto left = os::processes_started_with(mark_);
    for (const pid_t pid : left) {
      if (number != 0) ::kill(pid, number);
      if (number == SIGTERM) ::kill(pid, SIGCONT);
    }
    return !left.empty();
  };
  const auto grace_ends = Clock::now() + grace;
  const auto over = grace_ends + kGiveUp;
  kill_all(SIGTERM);
  while (kill_all(Clock::now() < grace_ends ? 0 : SIGKILL) && Clock::now() < over) {
    std::this_thread::sleep_for(kLook);
  }
}

}  // namespace livefix::control
