// What old and new code did side by side in a rollout, as GET /v1/history and GET /v1/rollout say.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace livefix::cli {

struct TrafficFigures {
  std::int64_t requests = 0;
  std::int64_t errors = 0;                         // of these
  std::optional<std::chrono::microseconds> p99{};  // nullopt: no answer was timed
};

struct ServiceFigures {
  std::string service;
  std::int64_t percent = 0;  // of the traffic that the new code had
  TrafficFigures candidate;
  std::optional<TrafficFigures> old{};  // nullopt: there was nothing to compare with
};

// Those of a rollout; none where it had no traffic, or was written down by an older livefix.
std::vector<ServiceFigures> figures_at(const boost::json::object& rollout);

// "shop · 100 % · 8,020 requests · errors 0 % (old: 6.2 %) · p99 17 ms (old: 18 ms)", as whoever
// pushed was told it.
std::string figures_text(const ServiceFigures& figures);

}  // namespace livefix::cli
