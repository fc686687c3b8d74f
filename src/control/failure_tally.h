// Which requests and failures the proxy has counted since it was looked last
// (control/route_traffic), and how many of the failures nobody has recorded: those that found no
// room in a storm, and those that are not to be recorded. Owned by SymptomFeed, on its thread;
// pure.
//
// A failure is counted and recorded in the same moment, and seen in either order. So what was
// counted by one reading and is not recorded by the next one is missing, and what was recorded and
// is not counted by then never will be.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "control/route_traffic.h"

namespace livefix::control {

class FailureTally {
 public:
  // Rows of failures that were recorded; more are taken for other routes of their generation.
  static constexpr std::size_t kMostRows = 2'048;

  struct Key {
    UnitId generation{};
    std::string method;
    std::string route;

    auto operator<=>(const Key&) const = default;
  };
  struct Requests {
    Key key;
    std::uint64_t count = 0;
  };
  struct Missing {
    Key key;
    int status = 0;
    std::uint64_t count = 0;
  };
  struct Reading {
    std::vector<Requests> requests;
    std::vector<Missing> missing;
  };

  // `is_failure` says which statuses of a generation are failures.
  explicit FailureTally(std::function<bool(UnitId, int)> is_failure)
      : is_failure_(std::move(is_failure)) {}

  // `status` as it was counted.
  void recorded(const Key& key, int status);

  // All counts of these generations; others are forgotten. What there is at the first reading is
  // where counting begins.
  Reading read(std::span<const RouteCount> counts, std::span<const UnitId> generations);

 private:
  struct Cell {
    std::uint64_t counted = 0;    // by the last reading
    std::uint64_t told = 0;       // recorded, or said to be missing
    std::uint64_t told_then = 0;  // by the last reading
  };
  struct Row {
    std::uint64_t requests = 0;
    bool is_there = false;  // in the reading under way
    std::map<int, Cell> cells;
  };

  void forget_gone(std::span<const UnitId> generations);
  void credit_to_others();
  void compare(const RouteCount& count, Row& row, bool is_first, Reading& reading);

  const std::function<bool(UnitId, int)> is_failure_;
  std::map<Key, Row> rows_;
  bool begun_ = false;
};

}  // namespace livefix::control
