// What GET /v1/status says, and how it is shown.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace livefix::cli {

// How long the program takes to begin an answer: half of them, and all but 1 %, take no longer.
struct LatencyStatus {
  std::chrono::microseconds p50{};
  std::chrono::microseconds p99{};
};

struct GenerationStatus {
  std::string release;
  std::int64_t id = 0;  // as livefix logs --generation takes it; 0: it was not told
  std::string state;
  std::vector<std::int64_t> pids;
  std::uint64_t in_flight = 0;
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;  // with those that took too long
  std::uint64_t lost = 0;
  std::optional<LatencyStatus> latency;  // nothing before the first answer
  Milliseconds age{};
};

struct ServiceStatus {
  std::string service;
  std::string title;
  std::string takeover_reason;  // why ports are not taken over; empty: they are
  std::vector<std::string> urls;
  std::vector<GenerationStatus> generations;
  std::string last_change;  // or empty
  std::string page{};       // where the run's page is; empty: it has none
};

// The status of each service of a run, as JSON: the answer itself where it is one. Fails on what is
// no status at all.
Result<std::vector<std::string>> split_status(std::string_view text);

// Of one service. Fields that it does not know are passed over, so that a newer livefix can be
// asked; a field that is missing is empty. Fails on what is no status at all.
Result<ServiceStatus> parse_status(std::string_view text);

// An aligned table with a line for each generation, then a line for each remark.
std::string status_table(std::span<const ServiceStatus> services);

// "1.5ms", "250ms", "2.0s".
std::string describe_latency(std::chrono::microseconds time);

// `{"ok":true,"message":"..."}`, the answer to reload and stop.
struct OutcomeStatus {
  bool ok = false;
  std::string message;
};
Result<OutcomeStatus> parse_outcome(std::string_view text);

}  // namespace livefix::cli
