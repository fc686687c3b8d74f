// Giving up, for ever, what a process may do beyond what it was handed. Call it while the process
// has one thread: capabilities and Landlock are a thread's own, and later threads inherit them.
#pragma once

#include "base/result.h"

namespace livefix::os {

// Programs that it would execute gain nothing (setuid, file capabilities). Opens the way to
// seccomp and Landlock for everybody.
Status give_up_new_privileges();

// All capabilities: effective, permitted, inheritable, ambient and, where CAP_SETPCAP allows it,
// the bounding set. A process of root becomes an ordinary one of user 0.
Status drop_capabilities();

// No core dump, and no other process of the same user can trace this one, read its memory or look
// at its descriptors (PR_SET_DUMPABLE); CAP_SYS_PTRACE still can.
Status hide_memory();

// Landlock: no access to files by name, no TCP port of its own and, with a newer kernel, no signals
// to and no abstract unix sockets of processes outside. Descriptors that are open, or are handed
// over later, stay of use. False where the kernel does not have it.
bool lock_file_system();

}  // namespace livefix::os
