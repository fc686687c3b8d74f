#include "cli/service_status.h"

#include <array>
#include <boost/json.hpp>

#include "cli/duration.h"
#include "cli/json_fields.h"
#include "cli/terminal_text.h"
#include "cli/text_table.h"

namespace livefix::cli {
namespace {

namespace json = boost::json;

std::uint64_t count_at(const json::object& object, std::string_view key) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_at(object, key)));
}

std::optional<LatencyStatus> parse_latency(const json::object& generation) {
  const auto* latency = object_at(generation, "latency_us");
  if (!latency) return std::nullopt;
  return LatencyStatus{std::chrono::microseconds{number_at(*latency, "p50")},
                       std::chrono::microseconds{number_at(*latency, "p99")}};
}

GenerationStatus parse_generation(const json::object& object) {
  GenerationStatus generation{
      .release = text_at(object, "release"),
      .id = number_at(object, "id"),
      .state = text_at(object, "state"),
      .pids = {},
      .in_flight = count_at(object, "in_flight"),
      .requests = count_at(object, "requests"),
      .failed = count_at(object, "failed") + count_at(object, "timeouts"),
      .lost = count_at(object, "lost"),
      .latency = parse_latency(object),
      .age = Milliseconds{number_at(object, "age_ms")},
  };
  for (const auto& pid : array_at(object, "pids")) {
    if (pid.is_int64()) generation.pids.push_back(pid.get_int64());
  }
  if (const auto pid = number_at(object, "pid"); generation.pids.empty() && pid > 0) {
    generation.pids.push_back(pid);
  }
  return generation;
}

constexpr std::array<TextColumn, 13> kColumns{{{.title = "SERVICE"},
                                               {.title = "URL"},
                                               {.title = "RELEASE"},
                                               {.title = "GENERATION", .is_number = true},
                                               {.title = "STATE"},
                                               {.title = "PIDS"},
                                               {.title = "IN FLIGHT", .is_number = true},
                                               {.title = "REQUESTS", .is_number = true},
                                               {.title = "FAILED", .is_number = true},
                                               {.title = "LOST", .is_number = true},
                                               {.title = "P50", .is_number = true},
                                               {.title = "P99", .is_number = true},
                                               {.title = "AGE", .is_number = true}}};

std::string describe_pids(const std::vector<std::int64_t>& pids) {
  constexpr std::size_t kShown = 4;
  if (pids.empty()) return "-";
  const auto shown = std::span(pids).first(std::min(pids.size(), kShown));
  auto text = fmt::format("{}", fmt::join(shown, ","));
  if (pids.size() > kShown) text += fmt::format(",+{}", pids.size() - kShown);
  return text;
}

std::vector<TextRow> rows_of(const ServiceStatus& service) {
  std::vector<TextRow> rows;
  for (const auto& generation : service.generations) {
    const auto& latency = generation.latency;
    rows.push_back({"", "", generation.release,
                    generation.id > 0 ? fmt::to_string(generation.id) : "-", generation.state,
                    describe_pids(generation.pids), fmt::to_string(generation.in_flight),
                    fmt::to_string(generation.requests), fmt::to_string(generation.failed),
                    fmt::to_string(generation.lost), latency ? describe_latency(latency->p50) : "-",
                    latency ? describe_latency(latency->p99) : "-", describe_age(generation.age)});
  }
  if (rows.empty()) rows.push_back({"", "", "-", "-", "no process", "-"});
  rows.front()[0] = service.service;
  rows.front()[1] = service.urls.empty() ? "-" : service.urls.front();
  for (std::size_t more = 1; more < service.urls.size(); ++more) {
    if (more >= rows.size()) rows.emplace_back(2);
    rows[more][1] = service.urls[more];
  }
  return rows;
}

}  // namespace

Result<std::vector<std::string>> split_status(std::string_view text) {
  const auto object = parse_json_object(text);
  if (!object) return std::unexpected(object.error());
  if (!object->contains("services")) {
    while (text.ends_with('\n')) text.remove_suffix(1);
    return std::vector{std::string(text)};
  }
  std::vector<std::string> each;
  for (const auto& service : array_at(*object, "services")) {
    each.push_back(boost::json::serialize(service));
  }
  return each;
}

Result<ServiceStatus> parse_status(std::string_view text) {
  const auto object = parse_json_object(text);
  if (!object) return std::unexpected(object.error());
  ServiceStatus status;
  status.service = text_at(*object, "service");
  if (status.service.empty()) return fail("it answered with JSON that is not its status");
  status.title = text_at(*object, "title");
  status.takeover_reason = text_at(*object, "takeover_reason");
  status.urls = texts_at(*object, "urls");
  status.page = text_at(*object, "page");
  for (const auto* generation : objects_at(*object, "generations")) {
    status.generations.push_back(parse_generation(*generation));
  }
  if (const auto* change = object_at(*object, "last_change")) {
    status.last_change = terminal_lines(text_at(*change, "message"));
  }
  return status;
}

std::string status_table(std::span<const ServiceStatus> services) {
  std::vector<TextRow> rows;
  for (const auto& service : services) {
    for (auto& row : rows_of(service)) rows.push_back(std::move(row));
  }
  std::string result = text_table(kColumns, rows);
  for (const auto& service : services) {
    const auto remark = [&](std::string_view what, const std::string& text) {
      if (text.empty()) return;
      const auto of = services.size() > 1 ? service.service + ": " : std::string{};
      result += fmt::format("{}{}: {}\n", of, what, text);
    };
    remark("last change", service.last_change);
    remark("ports are not taken over", service.takeover_reason);
  }
  // One for the whole run; several runs have one each.
  std::string told;
  for (const auto& service : services) {
    if (service.page.empty() || service.page == told) continue;
    told = service.page;
    result += fmt::format("page: {}\n", service.page);
  }
  return result;
}

// Two or three digits: the bucket that a time is from has no more.
std::string describe_latency(std::chrono::microseconds time) {
  const double milliseconds = static_cast<double>(time.count()) / 1000;
  if (milliseconds < 10) return fmt::format("{:.1f}ms", milliseconds);
  if (milliseconds < 1000) return fmt::format("{:.0f}ms", milliseconds);
  return fmt::format("{:.1f}s", milliseconds / 1000);
}

Result<OutcomeStatus> parse_outcome(std::string_view text) {
  const auto object = parse_json_object(text);
  if (!object) return std::unexpected(object.error());
  const auto* ok = object->if_contains("ok");
  if (!ok || !ok->is_bool()) return fail("it answered with JSON that says neither yes nor no");
  return OutcomeStatus{ok->get_bool(), terminal_lines(text_at(*object, "message"))};
}

}  // namespace livefix::cli
