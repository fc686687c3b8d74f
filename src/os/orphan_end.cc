#include "os/orphan_end.h"

#include <signal.h>

#include <thread>

#include "os/process.h"

namespace livefix::os {
namespace {

constexpr Milliseconds kLook{20};
constexpr Milliseconds kGiveUp{2000};  // after SIGKILL: what is stuck in the kernel

}  // namespace

void end_processes_started_with(const std::string& variable, Milliseconds grace) {
  // Also the new ones: they fork while they are being ended.
  const auto signal_all = [&variable](int number) {
    const auto left = processes_started_with(variable);
    for (const pid_t pid : left) {
      if (number != 0) kill(pid, number);
      if (number == SIGTERM) kill(pid, SIGCONT);
    }
    return !left.empty();
  };
  if (!signal_all(SIGTERM)) return;
  const auto grace_ends = Clock::now() + grace;
  const auto over = grace_ends + kGiveUp;
  while (signal_all(Clock::now() < grace_ends ? 0 : SIGKILL) && Clock::now() < over) {
    std::this_thread::sleep_for(kLook);
  }
}

}  // namespace livefix::os
