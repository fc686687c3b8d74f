#include "control/failure_tally.h"

#include <algorithm>
#include <ranges>

#include "control/query_words.h"
#include "model/grpc_status.h"

namespace livefix::control {
namespace {

FailureTally::Key others_of(UnitId generation) {
  return {generation, "any", std::string(kOtherRoute)};
}

FailureTally::Key key_of(const RouteCount& count) {
  return {count.generation, count.method, count.route};
}

}  // namespace

void FailureTally::recorded(const Key& key, int status) {
  const bool has_room = rows_.size() < kMostRows || rows_.contains(key);
  ++rows_[has_room ? key : others_of(key.generation)].cells[status].told;
}

FailureTally::Reading FailureTally::read(std::span<const RouteCount> counts,
                                         std::span<const UnitId> generations) {
  Reading reading;
  forget_gone(generations);
  for (Row& row : rows_ | std::views::values) row.is_there = false;
  for (const RouteCount& count : counts) rows_[key_of(count)].is_there = true;
  credit_to_others();
  const bool is_first = !std::exchange(begun_, true);
  for (const RouteCount& count : counts) compare(count, rows_[key_of(count)], is_first, reading);
  return reading;
}

void FailureTally::forget_gone(std::span<const UnitId> generations) {
  std::erase_if(rows_, [&](const auto& row) {
    return std::ranges::find(generations, row.first.generation) == generations.end();
  });
}

// A route that was recorded and has no counts by now is counted with the others.
void FailureTally::credit_to_others() {
  std::vector<Missing> moved;
  for (auto& [key, row] : rows_) {
    if (row.is_there || key.route == kOtherRoute) continue;
    for (auto& [status, cell] : row.cells) {
      if (cell.told_then > 0) moved.push_back({others_of(key.generation), status, cell.told_then});
      cell.told -= cell.told_then;
      cell.told_then = cell.told;
    }
  }
  for (const Missing& one : moved) rows_[one.key].cells[one.status].told += one.count;
  std::erase_if(rows_, [](const auto& row) {
    return !row.second.is_there &&
           std::ranges::all_of(row.second.cells | std::views::values,
                               [](const Cell& cell) { return cell.told == 0; });
  });
}

void FailureTally::compare(const RouteCount& count, Row& row, bool is_first, Reading& reading) {
  const std::uint64_t requests = count.requests();
  if (!is_first && requests > row.requests) {
    reading.requests.push_back({key_of(count), requests - row.requests});
  }
  row.requests = requests;
  if (count.route == kUnknownRoute) return;  // a scanner's
  const auto compare_one = [&](int status, std::uint64_t times) {
    if (!is_failure_(count.generation, status)) return;
    Cell& cell = row.cells[status];
    if (is_first) cell.told = cell.counted = times;
    if (cell.counted > cell.told) {
      reading.missing.push_back({key_of(count), status, cell.counted - cell.told});
      cell.told = cell.counted;
    }
    if (cell.told_then > times) cell.told -= cell.told_then - times;
    cell.counted = times;
    cell.told_then = cell.told;
  };
  for (const auto& [text, times] : count.statuses) {
    if (const auto status = number_in<int>(text)) compare_one(*status, times);
  }
  for (const auto& [code, times] : count.grpc_failures) {
    compare_one(status_of_grpc_failure(code), times);
  }
}

}  // namespace livefix::control
