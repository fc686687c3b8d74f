// Starting a child process. Blocks until the child has executed its program or said why not. It
// forks: in a process of several threads the child may use no lock that another thread holds. It
// takes none but that of the allocator, which glibc makes fit for use after fork(2).
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/result.h"
#include "os/fd.h"

namespace livefix::os {

struct SpawnRequest {
  std::vector<std::string> command{};      // command[0] is looked up in PATH of `environment`
  std::string program{};                   // executed under the name command[0]; empty: the same
  std::vector<std::string> environment{};  // the whole of it, "NAME=value"
  std::string directory{};                 // empty: the caller's
  int standard_input = -1;                 // -1: /dev/null
  int standard_output = -1;                // -1: the caller's
  int standard_error = -1;
  int extra_descriptor = -1;  // appears as descriptor 3 in the child; -1: none
  bool new_session = false;   // setsid: its signals are not the terminal's
  bool trap_ports = false;    // install the filter of port_filter.h
  int parent_death_signal = 0;
  bool tell_listen_pid = false;  // LISTEN_PID=<pid of the child> (sd_listen_fds(3))
};

struct Spawned {
  pid_t pid = 0;
  Fd notifications;  // of the seccomp filter, when asked for
};

// The error's os_error is the errno of the step that failed; its message names the step, and for
// the program itself reads like a shell's: "nodee: command not found".
Result<Spawned> spawn(const SpawnRequest& request);

// As execve(2) takes them, null at the end. They point into `strings`.
std::vector<char*> pointers_to(const std::vector<std::string>& strings);

// The caller's environment with `changes` ("NAME=value") laid over it; later ones win.
std::vector<std::string> environment_with(const std::vector<std::string>& changes);

}  // namespace livefix::os
