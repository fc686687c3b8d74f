#include "cli/recorded_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ranges>

#include "base/duration_text.h"
#include "cli/answer_status.h"
#include "cli/json_fields.h"
#include "cli/terminal_text.h"

namespace livefix::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kTarget = 60;  // characters of it, in a table
constexpr std::size_t kCause = 14;   // at least; calls of gRPC have longer ones

RecordedLine line_of(const json::object& object) {
  return {.id = number_at(object, "id"),
          .time = text_at(object, "time"),
          .service = text_at(object, "service"),
          .release = text_at(object, "release"),
          .method = text_at(object, "method"),
          .target = text_at(object, "target"),
          .status = number_at(object, "status"),
          .cause = text_at(object, "cause"),
          .ended = answer_status(object),
          .took_ms = fraction_at(object, "took_ms")};
}

RecordedMessage message_of(const json::object& object, std::string_view key) {
  const auto* message = object_at(object, key);
  if (!message) return {};
  RecordedMessage found;
  found.is_there = true;
  found.first_line = text_at(*message, "first_line");
  for (const json::value& field : array_at(*message, "fields")) {
    const auto* pair = field.if_array();
    if (!pair || pair->size() != 2 || !(*pair)[0].is_string() || !(*pair)[1].is_string()) continue;
    found.fields.emplace_back((*pair)[0].get_string(), (*pair)[1].get_string());
  }
  if (const auto* body = object_at(*message, "body")) {
    found.is_binary = flag_at(*body, "binary");
    found.text = text_at(*body, "text");
    found.size = number_at(*body, "size");
    found.cut = flag_at(*body, "cut");
  }
  return found;
}

// "2026-11-26 10:00:00" of "2026-11-26T10:00:00.123Z".
std::string when(std::string_view time) {
  std::string text(time.substr(0, time.find('.')));
  std::ranges::replace(text, 'T', ' ');
  return terminal_text(text);
}

std::string_view cause_text(const RecordedLine& line) {
  const std::string& cause = line.cause;
  if (cause == "backend_closed") return "backend closed";
  if (cause == "not_http") return "no HTTP";
  if (cause == "timed_out") return "timed out";
  if (cause == "broken_off") return "broken off";
  if (cause == "grpc") return line.ended;
  return cause == "healthy" ? "sample" : "";
}

std::string took_text(double milliseconds) {
  return duration_text(std::chrono::microseconds{std::llround(milliseconds * 1000)});
}

std::string shortened(std::string_view text, std::size_t most) {
  std::string shown = terminal_text(text);
  if (shown.size() <= most) return shown;
  std::size_t end = most - 3;
  while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xc0U) == 0x80U) --end;
  return shown.substr(0, end) + "...";
}

std::string message_text(const RecordedMessage& message) {
  std::string text = terminal_text(message.first_line) + '\n';
  for (const auto& [name, value] : message.fields) {
    text += fmt::format("{}: {}\n", terminal_text(name), terminal_text(value));
  }
  if (message.is_binary) {
    text += fmt::format("\n({} bytes that are no text)\n", message.size);
  } else if (!message.text.empty()) {
    text += '\n' + whole_lines(message.text);
  }
  if (message.cut) text += "(cut: there was more)\n";
  return text;
}

}  // namespace

Result<RecordedList> parse_recorded_list(std::string_view text) {
  const auto object = parse_json_object(text);
  if (!object) return std::unexpected(object.error());
  RecordedList list;
  for (const auto* one : objects_at(*object, "requests")) list.requests.push_back(line_of(*one));
  list.dropped = number_at(*object, "dropped");
  return list;
}

Result<RecordedRequest> parse_recorded_request(std::string_view text) {
  const auto object = parse_json_object(text);
  if (!object) return std::unexpected(object.error());
  return RecordedRequest{.about = line_of(*object),
                         .detail = text_at(*object, "detail"),
                         .trace = text_at(*object, "trace"),
                         .unfinished = flag_at(*object, "unfinished"),
                         .request = message_of(*object, "request"),
                         .answer = message_of(*object, "answer")};
}

std::string recorded_table(const RecordedList& list) {
  const bool several = std::ranges::any_of(list.requests, [&](const RecordedLine& line) {
    return line.service != list.requests.front().service;
  });
  std::size_t cause_width = kCause;
  for (const RecordedLine& one : list.requests) {
    cause_width = std::max(cause_width, cause_text(one).size());
  }
  std::string table;
  for (const RecordedLine& one : list.requests) {
    const std::string service = several ? fmt::format("{:<12}  ", shortened(one.service, 12)) : "";
    table += fmt::format("{:>6}  {}  {}{:<10}  {:>3}  {:<{}}  {:>9}  {:<6} {}\n", one.id,
                         when(one.time), service, shortened(one.release, 10), one.status,
                         cause_text(one), cause_width, took_text(one.took_ms),
                         shortened(one.method, 10), shortened(one.target, kTarget));
  }
  if (table.empty()) {
    table = "nothing is recorded that fits\n";
  } else {
    table = fmt::format("{:>6}  {:<19}  {}{:<10}  {:>3}  {:<{}}  {:>9}  {}\n", "ID", "UTC",
                        several ? fmt::format("{:<12}  ", "SERVICE") : "", "RELEASE", "", "CAUSE",
                        cause_width, "TOOK", "REQUEST") +
            table;
  }
  if (list.dropped > 0) {
    table += fmt::format("{} more came too fast to be recorded\n", list.dropped);
  }
  return table;
}

std::string recorded_text(const RecordedRequest& request) {
  const RecordedLine& about = request.about;
  std::string text = fmt::format("request {}  {} UTC  {} {}  took {}\n", about.id, when(about.time),
                                 terminal_text(about.service), terminal_text(about.release),
                                 took_text(about.took_ms));
  if (!request.trace.empty()) text += fmt::format("trace {}\n", terminal_text(request.trace));
  if (const auto cause = cause_text(about); !cause.empty()) {
    text += fmt::format("{}{}{}\n", cause, request.detail.empty() ? "" : ": ",
                        terminal_text(request.detail));
  } else if (!request.detail.empty()) {
    text += terminal_text(request.detail) + '\n';
  }
  text += '\n' + message_text(request.request) + '\n';
  if (request.answer.is_there) {
    text += message_text(request.answer);
  } else if (about.cause == "broken_off" || about.cause == "grpc") {
    text += fmt::format("(its answer began with {} and was not recorded)\n", about.status);
  } else {
    text += fmt::format("(no answer of the program; the client got {})\n", about.status);
  }
  if (request.unfinished && request.answer.is_there) {
    text += "(the client did not get all of it)\n";
  }
  return text;
}

std::string whole_lines(std::string_view text) {
  std::string shown = terminal_lines(text);
  if (!shown.empty() && !shown.ends_with('\n')) shown += '\n';
  return shown;
}

}  // namespace livefix::cli
