#include "observe/error_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cctype>
#include <optional>

#include "base/ascii.h"
#include "http/characters.h"
#include "observe/failure_summary.h"
#include "observe/output_line.h"

namespace livefix::observe {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxLogLine = 64 * 1024;

bool equal(std::string_view text, std::string_view lower) {
  return std::ranges::equal(
      text, lower, [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

bool is_error_level(std::string_view level) {
  constexpr std::array<std::string_view, 12> kLevels{"error", "err",       "fatal", "critical",
                                                     "crit",  "severe",    "alert", "emerg",
                                                     "panic", "emergency", "e",     "dpanic"};
  return std::ranges::any_of(kLevels, [&](std::string_view known) { return equal(level, known); });
}

// The first of several alternatives that is there, of the value at a key.
template <class... Keys>
const json::value* first_of(const json::object& object, Keys... keys) {
  const json::value* found = nullptr;
  ((found = found != nullptr ? found : object.if_contains(keys)), ...);
  return found;
}

std::string text_of(const json::value* value) {
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string joined(std::string_view before, std::string_view after) {
  if (before.empty() || after.empty()) return std::string(before.empty() ? after : before);
  return fmt::format("{}: {}", before, after);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

// pino and bunyan count from 10 to 60; 50 is an error.
bool is_error_level(const json::value& level) {
  if (level.is_string()) return is_error_level(std::string_view(level.get_string()));
  return level.is_int64() && level.get_int64() >= 50;
}

// {"type": "TypeError", "message": ..., "stack": ...}, as loggers write an error.
std::string error_object(const json::object& error) {
  const std::string kind = text_of(first_of(error, "type", "name", "class", "kind"));
  std::string message = text_of(first_of(error, "message", "msg"));
  if (message.starts_with(kind)) return message;
  return joined(kind, message);
}

// A line of a log in JSON: pino, bunyan, winston, zap, logrus, slog, zerolog, structlog,
// python-json-logger, logback, ECS.
std::string json_error(std::string_view line) {
  if (!line.starts_with('{') || !line.ends_with('}') || line.size() > kMaxLogLine) return {};
  boost::system::error_code bad;
  const json::value parsed = json::parse(line, bad);
  if (bad || !parsed.is_object()) return {};
  const json::object& log = parsed.get_object();
  const json::value* level =
      first_of(log, "level", "severity", "lvl", "levelname", "log.level", "level_name");
  const json::value* error = first_of(log, "err", "error", "exception", "exc");
  const bool has_object = error != nullptr && error->is_object();
  if (level != nullptr ? !is_error_level(*level) : !has_object) return {};
  if (has_object) {
    if (std::string text = error_object(error->get_object()); !text.empty()) return text;
  }
  const std::string trace = text_of(first_of(log, "stack", "stack_trace", "exc_info", "traceback",
                                             "error.stack_trace", "stacktrace"));
  if (const auto headline = find_last_headline(lines_of(trace), "")) return headline->text;
  if (const json::value* kind = log.if_contains("error.type")) {
    return joined(text_of(kind), text_of(log.if_contains("error.message")));
  }
  const std::string said = text_of(error);
  std::string message = text_of(first_of(log, "msg", "message", "event", "@message"));
  if (!said.empty() && message.find(said) != std::string::npos) return message;
  return joined(message, said);
}

// The value at `key` in a line of key=value; with its quotes taken off.
std::string_view logfmt_value(std::string_view line, std::string_view key) {
  for (std::size_t at = 0; (at = line.find(key, at)) != std::string_view::npos; ++at) {
    const std::size_t equals = at + key.size();
    if (at > 0 && line[at - 1] != ' ') continue;
    if (equals >= line.size() || line[equals] != '=') continue;
    const std::string_view rest = line.substr(equals + 1);
    if (!rest.starts_with('"')) return rest.substr(0, rest.find(' '));
    std::size_t end = 1;
    while (end < rest.size() && rest[end] != '"') end += rest[end] == '\\' ? 2 : 1;
    return rest.substr(1, std::min(end, rest.size()) - 1);
  }
  return {};
}

std::string logfmt_error(std::string_view line) {
  if (!is_error_level(logfmt_value(line, "level"))) return {};
  std::string_view why = logfmt_value(line, "err");
  if (why.empty()) why = logfmt_value(line, "error");
  return joined(logfmt_value(line, "msg"), why);
}

// What follows a level in capitals that stands by itself: "2026-11-26 10:00:00 ERROR shop: no
// rate" says "shop: no rate".
std::string_view after_level(std::string_view line) {
  constexpr std::array<std::string_view, 5> kLevels{"ERROR", "FATAL", "CRITICAL", "SEVERE",
                                                    "PANIC"};
  for (std::size_t at = 0; at < line.size();) {
    if (!is_letter(line[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < line.size() && is_letter(line[end])) ++end;
    if (std::ranges::find(kLevels, line.substr(at, end - at)) != kLevels.end()) {
      line.remove_prefix(end);
      line.remove_prefix(std::min(line.size(), line.find_first_not_of(" :]|-\t>")));
      return line;
    }
    at = end;
  }
  return {};
}

// Of an error whose kind the line names, what follows from there on.
std::string structured_error(std::string_view line) {
  if (std::string text = json_error(line); !text.empty()) return text;
  if (line.starts_with('{')) return {};  // a log that says it is no error
  if (std::string text = logfmt_error(line); !text.empty()) return text;
  if (!logfmt_value(line, "level").empty()) return {};
  return std::string(from_error_kind(line));
}

std::string shown(std::string_view line) {
  return std::string(trimmed(printable(trimmed(line), kMaxErrorLine - 3)));
}

}  // namespace

std::string error_line(const std::vector<std::string>& lines) {
  if (const auto headline = find_last_headline(lines, "")) {
    return shown(headline->text);
  }
  std::string by_level;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    const std::string text = plain(*line);
    const std::string_view bare = trimmed(text);
    if (const std::string found = structured_error(bare); !found.empty()) {
      return shown(found);
    }
    if (by_level.empty() && !bare.starts_with('{')) by_level = after_level(bare);
  }
  return shown(by_level);
}

}  // namespace livefix::observe
