// The seccomp filter that brings bind, listen, setsid and setsockopt(SO_REUSEPORT) of a program
// and all its descendants before the keeper, and the conversation about them (seccomp_unotify(2)).
#pragma once

#include <linux/seccomp.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <variant>

#include "base/result.h"
#include "os/fd.h"

namespace livefix::os {

// Filters the calling process, for ever and for all it starts. Returns the descriptor on which
// the keeper gets the calls. Works without privileges by giving up the gain of new ones
// (no_new_privs); with CAP_SYS_ADMIN that is not needed and setuid programs keep their effect.
// Fails with EBUSY when another such filter is in place already.
Result<Fd> install_port_filter();

// What a trapped thread asks for. `thread` is a thread id in the keeper's pid namespace.
struct BindCall {
  int socket;
  std::uint64_t address;  // in the caller's memory
  std::uint32_t size;
};
struct ListenCall {
  int socket;
  int backlog;
};
struct NewSessionCall {};
struct SharePortCall {  // setsockopt(socket, SOL_SOCKET, SO_REUSEPORT)
  int socket;
};
struct TrappedCall {
  std::uint64_t id;
  pid_t thread;
  std::variant<BindCall, ListenCall, NewSessionCall, SharePortCall> what;
};

// nullopt: the caller went away in the meantime.
std::optional<TrappedCall> receive_call(int notifications);
// Whether the caller still waits: what was read about it through /proc or its memory before this
// said true was read from the right process.
bool still_waits(int notifications, std::uint64_t id);

// The answers. All are void: the only failure is that the caller is gone, and then nobody waits.
void let_proceed(int notifications, std::uint64_t id);
void answer_ok(int notifications, std::uint64_t id);
void answer_error(int notifications, std::uint64_t id, int error);

// Puts `replacement` (and `close_on_exec`) in place of the caller's descriptor `target`.
Status replace_descriptor(int notifications, std::uint64_t id, int target, int replacement,
                          bool close_on_exec);

}  // namespace livefix::os
