#include "cli/top_reading.h"

#include <algorithm>
#include <boost/json/object.hpp>

#include "cli/answer_status.h"
#include "cli/json_fields.h"
#include "cli/terminal_text.h"

namespace livefix::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostChanges = 20;

std::string harmless_text(const json::object& object, std::string_view key) {
  return terminal_text(text_at(object, key));
}

std::uint64_t natural_at(const json::object& object, std::string_view key) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(number_at(object, key), 0));
}

std::optional<std::chrono::microseconds> quantile_at(const json::object& object,
                                                     std::string_view key) {
  const auto* latency = object_at(object, "latency_us");
  if (!latency) return std::nullopt;
  return std::chrono::microseconds{number_at(*latency, key)};
}

// The first line of what may be several.
std::string first_line(const std::string& text) {
  return terminal_text(std::string_view(text).substr(0, text.find('\n')));
}

void add_service_status(TopReading& reading, const json::object& service) {
  ++reading.services;
  const std::string name = harmless_text(service, "service");
  reading.held += number_at(service, "held");
  for (const auto* one : objects_at(service, "generations")) {
    reading.generations.push_back(
        {.id = number_at(*one, "id"),
         .service = name,
         .release = harmless_text(*one, "release"),
         .state = harmless_text(*one, "state"),
         .in_flight = natural_at(*one, "in_flight"),
         .requests = natural_at(*one, "requests"),
         .errors =
             natural_at(*one, "failed") + natural_at(*one, "timeouts") + natural_at(*one, "lost"),
         .p50 = quantile_at(*one, "p50"),
         .p99 = quantile_at(*one, "p99"),
         .age = Milliseconds{number_at(*one, "age_ms")}});
  }
  if (const auto* change = object_at(service, "last_change")) {
    reading.last_changes.push_back(name + ": " + first_line(text_at(*change, "message")));
  }
}

// Whatever is in it may be drawn.
RolloutSummary harmless_rollout(RolloutSummary rollout) {
  for (std::string* text : {&rollout.commit, &rollout.subject, &rollout.who, &rollout.began,
                            &rollout.phase, &rollout.outcome, &rollout.gate}) {
    *text = terminal_text(*text);
  }
  rollout.message = first_line(rollout.message);
  const auto each_line = [](std::vector<std::string>& texts) {
    std::vector<std::string> lines;
    for (const std::string& text : texts) {
      std::string_view rest = text;
      while (!rest.empty()) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        lines.push_back(terminal_text(line));
      }
    }
    texts = std::move(lines);
  };
  each_line(rollout.lines);
  each_line(rollout.symptoms);
  return rollout;
}

}  // namespace

bool is_under_way(const RolloutSummary& rollout) {
  return rollout.outcome.empty();
}

Status add_status(TopReading& reading, std::string_view text) {
  const auto object = parse_json_object(text);
  if (!object) return std::unexpected(object.error());
  reading.uptime = Milliseconds{number_at(*object, "uptime_ms")};
  reading.connections = number_at(*object, "connections");
  if (!object->contains("services")) {
    reading.run = harmless_text(*object, "service");
    add_service_status(reading, *object);
  } else {
    reading.run = harmless_text(*object, "run");
    for (const auto* service : objects_at(*object, "services"))
      add_service_status(reading, *service);
  }
  if (reading.run.empty()) return fail("it answered with JSON that is not its status");
  return {};
}

Status add_symptoms(TopReading& reading, std::string_view text) {
  const auto object = parse_json_object(text);
  if (!object) return std::unexpected(object.error());
  for (const auto* one : objects_at(*object, "symptoms")) {
    TopSymptom symptom{.id = harmless_text(*one, "id"),
                       .service = harmless_text(*one, "service"),
                       .name = harmless_text(*one, "method"),
                       .why = harmless_text(*one, "cause"),
                       .recent = number_at(*one, "recent"),
                       .since_release = harmless_text(*one, "since_release"),
                       .gone = flag_at(*one, "gone")};
    for (const std::string& part : {harmless_text(*one, "route"), answer_status(*one)}) {
      if (part.empty()) continue;
      symptom.name += (symptom.name.empty() ? "" : " ") + part;
    }
    if (const std::string error = harmless_text(*one, "error"); !error.empty()) {
      symptom.why += (symptom.why.empty() ? "" : ": ") + error;
    }
    const auto* share = one->if_contains("share");
    if (share && share->is_number()) symptom.share = share->to_number<double>();
    reading.symptoms.push_back(std::move(symptom));
  }
  return {};
}

void add_history(TopReading& reading, std::string_view text) {
  const auto object = parse_json_object(text);
  auto history = parse_history(text);
  if (!object || !history || !object->contains("rollouts")) return;
  reading.has_rollouts = true;
  reading.now = harmless_text(*object, "now");
  auto& rollouts = history->rollouts;
  if (rollouts.size() > kMostChanges) rollouts.resize(kMostChanges);
  for (RolloutSummary& one : rollouts) reading.history.push_back(harmless_rollout(std::move(one)));
}

void add_rollout(TopReading& reading, std::string_view text) {
  auto rollout = parse_rollout(text);
  if (rollout && rollout->id > 0) reading.rollout = harmless_rollout(std::move(*rollout));
}

void add_routes(TopReading& reading, std::string_view text) {
  const auto object = parse_json_object(text);
  if (!object) return;
  for (const auto* one : objects_at(*object, "routes")) {
    reading.routes.push_back({.generation = number_at(*one, "generation"),
                              .method = harmless_text(*one, "method"),
                              .route = harmless_text(*one, "route"),
                              .requests = natural_at(*one, "requests"),
                              .errors = natural_at(*one, "errors"),
                              .p50 = quantile_at(*one, "p50"),
                              .p99 = quantile_at(*one, "p99")});
  }
}

}  // namespace livefix::cli
