// What Gits that were killed have left in the repository: locks, which nobody could ever take
// again, and the objects of pushes. Blocks; called by control on its background thread.
#pragma once

#include <chrono>

#include "releases/git_command.h"

namespace livefix::releases {

struct LeftoverAges {
  // Git holds the lock of a ref for as long as it takes to write one line and sync it. One that was
  // taken from a Git that lives would cost that one its update, or worse: so wait much longer.
  std::chrono::seconds lock{10};
  // A push waits in its quarantine for the verdict, and a rollout may be paused.
  std::chrono::seconds push{24 * 3600};
};

// Removes those that were not touched for that long. What cannot be removed stays.
void remove_leftovers(const Git& git, LeftoverAges ages = {});

}  // namespace livefix::releases
