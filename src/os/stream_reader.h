// Whether anybody is left to read what another process writes: of its pipe or unix socket.
#pragma once

#include <sys/types.h>

namespace livefix::os {

// False only when that is certain. `fd` is a descriptor of that process, which must be this user's;
// of what is neither pipe nor unix socket nothing is known (proc(5), sock_diag(7)).
bool may_have_reader(pid_t pid, int fd);

}  // namespace livefix::os
