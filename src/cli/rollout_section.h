// How a new release of a service comes into traffic: `health`, `keep` and [service.NAME.rollout] of
// a configuration file. docs/configuration.md tells users what each key means.
#pragma once

#include <string>
#include <vector>

#include "model/rollout_policy.h"

namespace livefix::cli {

class ConfigTable;

// Both read keys of [service.NAME]. What is wrong becomes a problem of the table, and leaves what
// was there.
void read_rollout(ConfigTable& service, RolloutPolicy& policy);
void read_keep(ConfigTable& service, std::vector<std::string>& keep);

}  // namespace livefix::cli
