// What a control remembers of a service whose ledger it cannot read: what the keeper's plan says.
// Pure.
#pragma once

#include "control/service_machine.h"
#include "model/link.h"

namespace livefix::control {

// Each unit's release by its label and directory. Kept is the one that has traffic; of two the
// older one, since the newer one has not proven itself. Numbers are of this memory alone.
Remembered remember_by_plan(const link::ServiceSnapshot& service);

}  // namespace livefix::control
