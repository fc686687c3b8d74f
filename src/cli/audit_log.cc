#include "cli/audit_log.h"

#include <algorithm>
#include <array>

#include "cli/json_fields.h"
#include "cli/terminal_text.h"
#include "cli/text_table.h"

namespace livefix::cli {
namespace {

// "2026-11-26 10:00:00", as it came otherwise.
std::string to_the_second(std::string time) {
  constexpr std::size_t kSeconds = 19;
  if (time.size() > kSeconds && time[kSeconds] == '.') time.resize(kSeconds);
  std::ranges::replace(time, 'T', ' ');
  return terminal_text(time);
}

}  // namespace

Result<std::vector<AuditEvent>> parse_audit_log(std::string_view text) {
  const auto object = parse_json_object(text);
  if (!object) return std::unexpected(object.error());
  std::vector<AuditEvent> events;
  for (const auto* one : objects_at(*object, "events")) {
    events.push_back({text_at(*one, "time"), text_at(*one, "who"), text_at(*one, "text")});
  }
  return events;
}

std::string audit_table(const std::vector<AuditEvent>& events) {
  if (events.empty()) return "nothing is on record yet\n";
  constexpr std::array kColumns{TextColumn{"UTC"}, TextColumn{"WHO"}, TextColumn{"WHAT"}};
  std::vector<TextRow> rows;
  for (const AuditEvent& event : events) {
    rows.push_back(
        {to_the_second(event.time), terminal_text(event.who), terminal_text(event.text)});
  }
  return text_table(kColumns, rows);
}

}  // namespace livefix::cli
