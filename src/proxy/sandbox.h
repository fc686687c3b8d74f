// What the proxy gives up before it reads the first byte of a stranger: whoever takes it over finds
// a process that can carry traffic and nothing else. docs/proxy.md tells it to users.
//
// Three answers to a system call:
// - What the proxy uses is allowed. Its hot calls are allowed without a look at their arguments, so
//   that the kernel remembers the verdict and runs no filter for them.
// - What merely is not on the list fails with EPERM, and with ENOSYS when it is newer than the
// list.
//   Both are answers that libraries cope with: the next version of a C library may try a call that
//   this one does not, and that must not take a running service down.
// - What only an attacker asks for (another program or process, executable memory, other processes'
//   memory, signals, keys, mounts, kernel interfaces of that kind) ends the process with SIGSYS.
//   The keeper starts the next one, and the user reads "the proxy was killed by SIGSYS". An
//   attacker gets one wrong step; each further one would cost the connections of another proxy.
//
// A filter sees numbers, not memory: connect() may name any address, and a proxy has to reach
// whatever port the program chose, so that neither seccomp nor Landlock can say which.
#pragma once

#include "base/result.h"
#include "os/call_filter.h"

namespace livefix::proxy {

// For the proxy process alone, for ever; call it on the only thread, before anything else. Does
// nothing with LIVEFIX_SANDBOX=off in the environment (so that a debugger can be attached), and in
// builds with sanitizers, whose runtimes read /proc, start a symbolizer and trace their own
// process. An error names a wall that cannot be had here; the others stand all the same.
Status enter_sandbox();

// The list of the above.
os::CallFilter proxy_calls();

}  // namespace livefix::proxy
