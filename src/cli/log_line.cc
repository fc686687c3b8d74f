#include "cli/log_line.h"

#include <fmt/format.h>

#include "cli/json_fields.h"
#include "cli/terminal_text.h"

namespace livefix::cli {

Result<LogMessage> parse_log(std::string_view json) {
  const auto object = parse_json_object(json);
  if (!object) return std::unexpected(object.error());
  LogMessage message;
  if (object->contains("services")) {
    message = LogOpening{array_at(*object, "services").size()};
  } else if (object->contains("ok")) {
    message = LogEnd{flag_at(*object, "ok"), text_at(*object, "message")};
  } else if (text_at(*object, "event") == "output") {
    message =
        LogLine{text_at(*object, "service"), text_at(*object, "release"), text_at(*object, "line")};
  }
  return message;
}

std::string log_text(const LogLine& line, const LogPrefix& prefix, bool is_terminal) {
  std::string front;
  if (prefix.service) front += line.service + " ";
  if (prefix.release) front += line.release + " ";
  if (!front.empty()) front += "| ";
  if (!is_terminal) return front + line.text;
  // A pseudo-terminal ends lines with a return as well.
  std::string_view text = line.text;
  if (text.ends_with('\r')) text.remove_suffix(1);
  return terminal_text(front) + terminal_text(text, Colours::kept);
}

}  // namespace livefix::cli
