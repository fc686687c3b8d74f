// What each generation did in each second of the last quarter of an hour: requests, failures and
// how long answers took. Pure; owned by LiveFeed, which reads the counters once a second.
//
// Bounded whatever happens: 900 seconds of at most 16 generations each, 24 bytes a piece, are
// 350 KiB; the last counts of each generation that there is, 1.4 KiB a piece, at most 180 KiB.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "control/traffic.h"

namespace livefix::control {

using UnixSecond = std::chrono::sys_seconds;

struct TimelinePoint {
  UnitId generation{};
  std::uint32_t requests = 0;  // that had their end in this second
  std::uint32_t failures = 0;  // of these
  std::uint32_t p50 = 0;       // microseconds; 0: nothing was answered
  std::uint32_t p99 = 0;

  bool operator==(const TimelinePoint&) const = default;
};

struct TimelineSecond {
  UnixSecond at;
  std::vector<TimelinePoint> points;  // of generations that had requests
};

class Timeline {
 public:
  static constexpr std::size_t kSeconds = 900;
  static constexpr std::size_t kMostPoints = 16;  // a second; those with the most requests stay

  struct Reading {
    UnitId generation{};
    std::string service;
    std::string release;
    Traffic::Counts counts;
  };
  struct Name {
    std::string service;
    std::string release;
  };

  // Of all generations that there are. Of those at the first reading the past is not known: for
  // them counting begins here; others began at 0. A second that was read already is not read again.
  void read(UnixSecond at, std::span<const Reading> readings);

  // Those after `since`, oldest first.
  std::span<const TimelineSecond> since(UnixSecond since) const;
  // Of each generation in it.
  const std::map<UnitId, Name>& names() const { return names_; }

 private:
  void forget_old();

  std::vector<TimelineSecond> seconds_;
  std::map<UnitId, Traffic::Counts> before_;
  std::map<UnitId, Name> names_;
  bool begun_ = false;
};

}  // namespace livefix::control
