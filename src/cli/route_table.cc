#include "cli/route_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <set>
#include <vector>

#include "cli/json_fields.h"
#include "cli/service_status.h"
#include "cli/terminal_text.h"
#include "cli/text_table.h"

namespace livefix::cli {
namespace {

namespace json = boost::json;

std::string latency_at(const json::object& route, std::string_view key) {
  const auto* latency = object_at(route, "latency_us");
  const auto time = latency ? number_at(*latency, key) : 0;
  return time > 0 ? describe_latency(std::chrono::microseconds{time}) : "-";
}

std::string percent(std::int64_t part, std::int64_t whole) {
  if (part == 0 || whole <= 0) return "-";
  const double share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return share < 0.1 ? "<0.1 %" : fmt::format("{:.1f} %", share);
}

TextRow row_of(const json::object& route) {
  const auto requests = number_at(route, "requests");
  const auto errors = number_at(route, "errors");
  const auto text = [&route](std::string_view key) { return terminal_text(text_at(route, key)); };
  return {text("service"),
          text("release"),
          text("method"),
          text("route"),
          fmt::to_string(requests),
          fmt::to_string(errors),
          percent(errors, requests),
          latency_at(route, "p50"),
          latency_at(route, "p99"),
          text("state")};
}

}  // namespace

Result<std::string> route_table(std::string_view text, bool all) {
  const auto answer = parse_json_object(text);
  if (!answer) return std::unexpected(answer.error());
  if (!answer->contains("routes")) return fail("it answered with JSON that is no list of routes");
  std::vector<const json::object*> shown;
  std::set<std::string> services;
  for (const auto* route : objects_at(*answer, "routes")) {
    if (!all && text_at(*route, "state") != "serving") continue;
    services.insert(text_at(*route, "service"));
    shown.push_back(route);
  }
  if (shown.empty()) return std::string("no request has been answered yet\n");
  std::ranges::stable_sort(shown, std::greater<>(),
                           [](const auto* route) { return number_at(*route, "requests"); });
  std::vector<TextRow> rows;
  for (const auto* route : shown) rows.push_back(row_of(*route));

  const std::array<TextColumn, 10> columns{{{.title = "SERVICE", .shown = services.size() > 1},
                                            {.title = "RELEASE", .shown = all},
                                            {.title = "METHOD"},
                                            {.title = "ROUTE"},
                                            {.title = "REQUESTS", .is_number = true},
                                            {.title = "ERRORS", .is_number = true},
                                            {.title = "", .is_number = true},
                                            {.title = "P50", .is_number = true},
                                            {.title = "P99", .is_number = true},
                                            {.title = "STATE", .shown = all}}};
  return text_table(columns, rows);
}

}  // namespace livefix::cli
