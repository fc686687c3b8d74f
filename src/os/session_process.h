// A program in a session of its own, which can be ended with all that it started. For processes
// with threads: it is started with posix_spawn(3), which with glibc is a vfork that calls nothing
// but system calls in the child, where spawn.h forks and allocates. Owned by whoever waits for its
// end; nothing here blocks but the destructor.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace livefix::os {

struct SessionRequest {
  std::vector<std::string> command{};      // command[0] is looked up in the caller's PATH
  std::vector<std::string> environment{};  // the whole of it, "NAME=value"
  int standard_input = -1;                 // these three must be given
  int standard_output = -1;
  int standard_error = -1;
};

class SessionProcess {
 public:
  // The error reads like a shell's: "git: No such file or directory".
  static Result<SessionProcess> start(const SessionRequest& request);

  SessionProcess(SessionProcess&& other) noexcept;
  SessionProcess& operator=(SessionProcess&&) = delete;
  // Kills what is left of a session that was not reaped, and waits for the leader.
  ~SessionProcess();

  pid_t pid() const { return pid_; }
  // Readable when the leader has exited (pidfd_open(2)). Belongs to this.
  int descriptor() const { return descriptor_.get(); }
  // To the leader and all that did not leave its process group. Its number cannot be another's:
  // the leader is not reaped yet.
  void signal(int number) const;
  // The leader's wait status, once: then this is over, and what it left running goes on. nullopt:
  // it has not exited.
  std::optional<int> reap();

 private:
  SessionProcess(pid_t pid, Fd descriptor) : pid_(pid), descriptor_(std::move(descriptor)) {}

  pid_t pid_ = 0;  // 0: reaped, or moved from
  Fd descriptor_;
};

}  // namespace livefix::os
