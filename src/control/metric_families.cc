#include "control/metric_families.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>

namespace livefix::control {
namespace {

constexpr double kMicro = 1e-6;
// Bounds that are bounds of our buckets, too, so that each count is exact: 0.000512 s, twice as
// long each time, to 16.8 s.
constexpr unsigned kFirstBound = 9;  // 2^9 us
constexpr unsigned kLastBound = 24;

}  // namespace

prometheus::ClientMetric& MetricFamilies::Family::metric(const Labels& labels) {
  auto& metric = family_.metric.emplace_back();
  for (const auto& [name, value] : labels) {
    metric.label.push_back({std::string(name), std::string(value)});
  }
  return metric;
}

void MetricFamilies::Family::add(const Labels& labels, double value) {
  auto& added = metric(labels);
  if (family_.type == prometheus::MetricType::Counter) {
    added.counter.value = value;
  } else {
    added.gauge.value = value;
  }
}

void MetricFamilies::Family::add(const Labels& labels, const latency::Counts& counts,
                                 std::uint64_t microseconds) {
  auto& histogram = metric(labels).histogram;
  histogram.sample_count = latency::total(counts);
  histogram.sample_sum = static_cast<double>(microseconds) * kMicro;
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  for (unsigned bound = kFirstBound; bound <= kLastBound; ++bound) {
    const std::uint64_t most = std::uint64_t{1} << bound;
    for (; latency::upper_bound(bucket) <= most; ++bucket) seen += counts[bucket];
    histogram.bucket.push_back({seen, static_cast<double>(most) * kMicro});
  }
}

MetricFamilies::Family MetricFamilies::begin(std::string_view name, std::string_view help,
                                             prometheus::MetricType type) {
  families_.push_back({std::string(name), std::string(help), type, {}});
  return Family(families_.back());
}

MetricFamilies::Family MetricFamilies::counter(std::string_view name, std::string_view help) {
  return begin(name, help, prometheus::MetricType::Counter);
}

MetricFamilies::Family MetricFamilies::gauge(std::string_view name, std::string_view help) {
  return begin(name, help, prometheus::MetricType::Gauge);
}

MetricFamilies::Family MetricFamilies::histogram(std::string_view name, std::string_view help) {
  return begin(name, help, prometheus::MetricType::Histogram);
}

std::string MetricFamilies::text() const {
  std::vector<prometheus::MetricFamily> filled;
  std::ranges::copy_if(families_, std::back_inserter(filled),
                       [](const auto& family) { return !family.metric.empty(); });
  return prometheus::TextSerializer().Serialize(filled);
}

}  // namespace livefix::control
