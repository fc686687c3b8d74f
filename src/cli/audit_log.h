// What GET /v1/audit/log says, and how it is shown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace livefix::cli {

struct AuditEvent {
  std::string time;  // "2026-11-26T10:00:00.000Z"
  std::string who;
  std::string text;  // what happened
};

// Newest last. Fields that it does not know are passed over; the error is a sentence.
Result<std::vector<AuditEvent>> parse_audit_log(std::string_view text);

// A line each; nothing in it acts on a terminal.
std::string audit_table(const std::vector<AuditEvent>& events);

}  // namespace livefix::cli
