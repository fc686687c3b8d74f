// The newest events of the ledger, for `livefix audit log` (docs/control-api.md): each as it was
// recorded, and as a line for people. Used on the driver's thread.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "control/records.h"
#include "ledger/ledger.h"

namespace livefix::control {

inline constexpr std::size_t kMostAuditEvents = 1'000;

// What happened, in one line: "reload shop, cart", "rollout 4 taken back (errors): 6.2 % ...".
// Names and subjects in it are as they came. Pure.
std::string record_text(const Record& record);

// {"events":[...]} of the last `most`, newest last; fewer where they would be more than 4 MiB. The
// error names an event that was changed since it was written.
Result<std::string> audit_log_json(ledger::Ledger& ledger, std::size_t most);

}  // namespace livefix::control
