// A line of GET /v1/logs, and how it is shown.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace livefix::cli {

// What is in front of each line.
struct LogPrefix {
  bool service = false;
  bool release = false;
};

// The names of all services of the run: the first line.
struct LogOpening {
  std::size_t services = 0;
};
struct LogEnd {
  bool ok = false;
  std::string message;
};
struct LogLine {
  std::string service;
  std::string release;
  std::string text;
};
// monostate: of a newer livefix.
using LogMessage = std::variant<std::monostate, LogOpening, LogLine, LogEnd>;

Result<LogMessage> parse_log(std::string_view json);

// "shop 7f3c2d1 | listening". On a terminal nothing of it acts but colours.
std::string log_text(const LogLine& line, const LogPrefix& prefix, bool is_terminal);

}  // namespace livefix::cli
