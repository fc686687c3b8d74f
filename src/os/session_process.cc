#include "os/session_process.h"

#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "os/spawn.h"

namespace livefix::os {
namespace {

// What posix_spawn is told beside the program; its calls fail only for want of memory.
class SpawnSettings {
 public:
  explicit SpawnSettings(const SessionRequest& request) {
    posix_spawn_file_actions_init(&actions_);
    // In this order none is written over before it was used: descriptors of callers are above 2.
    posix_spawn_file_actions_adddup2(&actions_, request.standard_input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, request.standard_output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, request.standard_error, STDERR_FILENO);

    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

void end_at_once(pid_t pid) {
  ::kill(-pid, SIGKILL);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

Result<SessionProcess> SessionProcess::start(const SessionRequest& request) {
  if (request.command.empty()) return fail("no command to start");
  const SpawnSettings settings(request);
  pid_t pid = 0;
  errno =
      posix_spawnp(&pid, request.command[0].c_str(), settings.actions(), settings.attributes(),
                   pointers_to(request.command).data(), pointers_to(request.environment).data());
  if (errno != 0) return fail_errno("{}", request.command[0]);
  Fd descriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!descriptor) {
    auto failure = fail_errno("pidfd_open for {}", request.command[0]);
    end_at_once(pid);
    return failure;
  }
  return SessionProcess(pid, std::move(descriptor));
}

SessionProcess::SessionProcess(SessionProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), descriptor_(std::move(other.descriptor_)) {}

SessionProcess::~SessionProcess() {
  if (pid_ > 0) end_at_once(pid_);
}

void SessionProcess::signal(int number) const {
  if (pid_ > 0) ::kill(-pid_, number);
}

std::optional<int> SessionProcess::reap() {
  int wait_status = 0;
  if (pid_ <= 0 || waitpid(pid_, &wait_status, WNOHANG) != pid_) return std::nullopt;
  pid_ = 0;
  return wait_status;
}

}  // namespace livefix::os
