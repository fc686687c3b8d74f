// Families of metrics as they are filled: prometheus-cpp's values, with less to write. Internal to
// metrics.cc.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/latency_histogram.h"

namespace livefix::control {

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

class MetricFamilies {
 public:
  class Family {
   public:
    explicit Family(prometheus::MetricFamily& family) : family_(family) {}
    void add(const Labels& labels, double value);
    void add(const Labels& labels, std::uint64_t value) { add(labels, static_cast<double>(value)); }
    void add(const Labels& labels, const latency::Counts& counts, std::uint64_t microseconds);

   private:
    prometheus::ClientMetric& metric(const Labels& labels);
    prometheus::MetricFamily& family_;
  };

  // To be filled before the next one begins.
  Family counter(std::string_view name, std::string_view help);
  Family gauge(std::string_view name, std::string_view help);
  Family histogram(std::string_view name, std::string_view help);

  // Families without a value are left out.
  std::string text() const;

 private:
  Family begin(std::string_view name, std::string_view help, prometheus::MetricType type);
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace livefix::control
