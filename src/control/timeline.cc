#include "control/timeline.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <set>

namespace livefix::control {
namespace {

std::uint32_t fitting(std::uint64_t count) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::min(count, kMost));
}

std::uint32_t time_of(const Traffic::Counts& counts, double share) {
  return fitting(static_cast<std::uint64_t>(latency::quantile(counts.latencies, share).count()));
}

TimelinePoint point_of(UnitId generation, const Traffic::Counts& counts) {
  return {generation, fitting(counts.ended()), fitting(counts.errors()), time_of(counts, 0.5),
          time_of(counts, 0.99)};
}

}  // namespace

void Timeline::read(UnixSecond at, std::span<const Reading> readings) {
  if (!seconds_.empty() && at <= seconds_.back().at) {
    // The clock was put back: what is there lies in a future that does not come for a while.
    if (seconds_.back().at - at < std::chrono::seconds(kSeconds)) return;
    seconds_.clear();
  }
  TimelineSecond second{at, {}};
  std::map<UnitId, Traffic::Counts> now;
  for (const Reading& reading : readings) {
    now.emplace(reading.generation, reading.counts);
    const auto before = before_.find(reading.generation);
    if (before == before_.end() && !begun_) continue;
    const Traffic::Counts counts =
        reading.counts.since(before == before_.end() ? Traffic::Counts{} : before->second);
    if (counts.ended() == 0) continue;
    second.points.push_back(point_of(reading.generation, counts));
    names_[reading.generation] = {reading.service, reading.release};
  }
  begun_ = true;
  before_ = std::move(now);
  if (second.points.size() > kMostPoints) {
    std::ranges::sort(second.points, std::greater{}, &TimelinePoint::requests);
    second.points.resize(kMostPoints);
  }
  second.points.shrink_to_fit();
  seconds_.push_back(std::move(second));
  forget_old();
}

void Timeline::forget_old() {
  if (seconds_.size() <= kSeconds) return;
  seconds_.erase(seconds_.begin());
  std::set<UnitId> shown;
  for (const TimelineSecond& second : seconds_) {
    for (const TimelinePoint& point : second.points) shown.insert(point.generation);
  }
  std::erase_if(names_, [&](const auto& one) { return !shown.contains(one.first); });
}

std::span<const TimelineSecond> Timeline::since(UnixSecond since) const {
  const auto from = std::ranges::upper_bound(seconds_, since, {}, &TimelineSecond::at);
  return {from, seconds_.end()};
}

}  // namespace livefix::control
