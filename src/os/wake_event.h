// What wakes a thread, or a process, that watches it: readable once it was written to.
#pragma once

#include <sys/eventfd.h>

#include "base/result.h"
#include "os/fd.h"

namespace livefix::os {

// Does not block.
inline Result<Fd> make_wake_event() {
  Fd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return fail_errno("eventfd");
  return wake;
}

}  // namespace livefix::os
