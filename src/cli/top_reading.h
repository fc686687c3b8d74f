// What `livefix top` knows of a livefix at one moment: answers of the control API, taken apart.
// Texts are made harmless for a terminal here. Plain values; pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cli/rollout_history.h"

namespace livefix::cli {

struct TopGeneration {
  std::int64_t id = 0;
  std::string service{};
  std::string release{};
  std::string state{};
  std::uint64_t in_flight = 0;
  // Since it started.
  std::uint64_t requests = 0;
  // 5xx and failed gRPC calls of the program, and what livefix answered for it.
  std::uint64_t errors = 0;
  std::optional<std::chrono::microseconds> p50{};  // nothing before the first answer
  std::optional<std::chrono::microseconds> p99{};
  Milliseconds age{};
};

struct TopSymptom {
  std::string id{};
  std::string service{};
  std::string name{};             // "POST /checkout 500"
  std::string why{};              // "TypeError: ..."; may be empty
  std::int64_t recent = 0;        // in five minutes
  std::optional<double> share{};  // of the route's requests then
  std::string since_release{};    // or empty
  bool gone = false;              // by the last verdict, and not seen since
};

struct TopRoute {
  std::int64_t generation = 0;
  std::string method{};
  std::string route{};
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  std::optional<std::chrono::microseconds> p50{};
  std::optional<std::chrono::microseconds> p99{};
};

struct TopReading {
  TimePoint at{};
  std::string run;
  Milliseconds uptime{};
  std::int64_t connections = 0;
  std::int64_t held = 0;  // requests that wait for a generation
  std::size_t services = 0;
  std::vector<TopGeneration> generations;
  std::vector<std::string> last_changes;  // of services, where there are no rollouts
  std::vector<TopSymptom> symptoms;
  bool has_rollouts = false;  // what runs are commits
  std::string now;            // what is under way, in words; empty: nothing
  // The one that is under way, or the last one, with its lines.
  std::optional<RolloutSummary> rollout{};
  std::vector<RolloutSummary> history;  // newest first, the first ones
  std::vector<TopRoute> routes;         // where somebody looks at them
};

// Each adds what an answer says; the error is a sentence.
Status add_status(TopReading& reading, std::string_view text);
Status add_symptoms(TopReading& reading, std::string_view text);
// Nothing of it is an error: a livefix that runs a directory has none.
void add_history(TopReading& reading, std::string_view text);
void add_rollout(TopReading& reading, std::string_view text);
void add_routes(TopReading& reading, std::string_view text);

bool is_under_way(const RolloutSummary& rollout);

}  // namespace livefix::cli
