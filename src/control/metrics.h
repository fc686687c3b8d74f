// All that livefix counts, for Prometheus (docs/metrics.md) and as a list of routes. Made anew each
// time it is asked for: nothing is kept between two scrapes but which routes are shown. Owned by
// RunWorld, used on the driver's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/control_api.h"
#include "control/route_traffic.h"
#include "control/service_facts.h"
#include "control/traffic.h"

namespace livefix::control {

class Metrics {
 public:
  // Of the text exposition format.
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  // `facts` is asked each time. `traffic` must outlive this.
  Metrics(const Traffic& traffic, std::int32_t keeper_pid,
          std::function<std::vector<ServiceFacts>()> facts);

  // Symptoms by service, asked each time; without, there are none.
  using Symptoms = std::function<std::map<std::string, std::uint64_t>()>;
  void show(Symptoms symptoms) { symptoms_ = std::move(symptoms); }
  // Spans that no collector got, asked each time; without, there is no collector.
  using DroppedSpans = std::function<std::uint64_t()>;
  void show(DroppedSpans dropped_spans) { dropped_spans_ = std::move(dropped_spans); }

  std::string text();
  // {"routes":[...]}, docs/control-api.md.
  std::string routes_json();

 private:
  const Traffic& traffic_;
  const std::int32_t keeper_pid_;
  const std::function<std::vector<ServiceFacts>()> facts_;
  RouteTraffic routes_;
  Symptoms symptoms_;
  DroppedSpans dropped_spans_;
};

// GET /metrics and GET /v1/routes. `metrics` must outlive the API.
std::vector<ControlApi::Route> metrics_routes(Metrics& metrics);

}  // namespace livefix::control
