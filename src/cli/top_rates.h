// Requests and errors a second of generations, from the counts of one reading after the other.
// Pure: times come with the readings.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "cli/top_reading.h"

namespace livefix::cli {

struct TopRate {
  double requests = 0;
  double errors = 0;
};

class TopRates {
 public:
  static constexpr std::chrono::seconds kMinute{60};
  // A rate is of so much time, so that it can be read.
  static constexpr std::chrono::seconds kOver{3};

  void take(const TopReading& reading);

  // Nothing: there was only one reading of it.
  std::optional<TopRate> of(std::int64_t generation) const;
  // Requests a second in each of so many parts of the last minute, the oldest first.
  std::vector<double> minute(std::int64_t generation, std::size_t parts) const;

 private:
  struct Point {
    TimePoint at;
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;
  };

  static double requests_at(const std::deque<Point>& points, TimePoint at);

  std::map<std::int64_t, std::deque<Point>> points_;  // of a bit more than a minute
  std::optional<TimePoint> last_;                     // reading
};

}  // namespace livefix::cli
