#include "cli/top_rates.h"

#include <algorithm>
#include <utility>

namespace livefix::cli {
namespace {

double seconds_between(TimePoint from, TimePoint to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

void TopRates::take(const TopReading& reading) {
  std::map<std::int64_t, std::deque<Point>> living;
  for (const TopGeneration& one : reading.generations) {
    auto points = std::move(points_[one.id]);
    // Another one of that number: livefix was started again.
    const bool is_another = !points.empty() && points.back().requests > one.requests;
    if (is_another) points.clear();
    // It was not there a reading ago, so that it had none then.
    if (points.empty() && last_ && *last_ < reading.at) points.push_back({*last_, 0, 0});
    points.push_back({reading.at, one.requests, one.errors});
    while (points.size() > 2 && points[1].at <= reading.at - kMinute) points.pop_front();
    living[one.id] = std::move(points);
  }
  points_ = std::move(living);
  last_ = reading.at;
}

std::optional<TopRate> TopRates::of(std::int64_t generation) const {
  const auto found = points_.find(generation);
  if (found == points_.end() || found->second.size() < 2) return std::nullopt;
  const auto& points = found->second;
  const Point& last = points.back();
  auto first = points.end() - 2;
  while (first != points.begin() && last.at - first->at < kOver) --first;
  const double seconds = seconds_between(first->at, last.at);
  if (seconds <= 0) return std::nullopt;
  const auto grown = [seconds](std::uint64_t from, std::uint64_t to) {
    return to > from ? static_cast<double>(to - from) / seconds : 0.0;
  };
  return TopRate{grown(first->requests, last.requests), grown(first->errors, last.errors)};
}

double TopRates::requests_at(const std::deque<Point>& points, TimePoint at) {
  const auto next =
      std::ranges::find_if(points, [at](const Point& point) { return point.at >= at; });
  if (next == points.begin()) return static_cast<double>(next->requests);
  if (next == points.end()) return static_cast<double>(points.back().requests);
  const Point& before = *(next - 1);
  const double share =
      seconds_between(before.at, at) / std::max(seconds_between(before.at, next->at), 1e-9);
  return static_cast<double>(before.requests) +
         share * static_cast<double>(next->requests - before.requests);
}

std::vector<double> TopRates::minute(std::int64_t generation, std::size_t parts) const {
  std::vector<double> rates(parts, 0.0);
  const auto found = points_.find(generation);
  if (found == points_.end() || parts == 0) return rates;
  const auto& points = found->second;
  const TimePoint end = points.back().at;
  const std::chrono::duration<double> part = std::chrono::duration<double>(kMinute) / parts;
  for (std::size_t i = 0; i < parts; ++i) {
    const auto back = std::chrono::duration_cast<Clock::duration>(part * (parts - i));
    const TimePoint from = end - back;
    const TimePoint to = from + std::chrono::duration_cast<Clock::duration>(part);
    const double grown = requests_at(points, to) - requests_at(points, from);
    rates[i] = std::max(grown / part.count(), 0.0);
  }
  return rates;
}

}  // namespace livefix::cli
