// Ends the programs of a keeper that was killed: the keeper was the only one to know them all, and
// SIGTERM at its death (PR_SET_PDEATHSIG) reaches only its own children.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/clock.h"

namespace livefix::control {

class Orphans {
 public:
  // Made while the keeper lives.
  explicit Orphans(pid_t keeper);

  // Called when the link has closed. If that is because the keeper died: SIGTERM to all that it
  // started, SIGKILL to those that are left after `grace`; returns when none is. Finds them by
  // their environment; a process of another user, or one that wrote over its environment, stays.
  void end(Milliseconds grace) const;

  // "NAME=value", by which it finds them: for what control starts itself.
  const std::string& mark() const { return mark_; }

 private:
  bool keeper_died() const;

  pid_t keeper_;
  std::string mark_;
};

}  // namespace livefix::control
