#include "control/route_traffic.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <ranges>

#include "control/counter_value.h"
#include "model/grpc_status.h"

namespace livefix::control {
namespace {

std::string text_of(std::span<const std::atomic<char>> bytes) {
  std::string text;
  for (const auto& byte : bytes) {
    const char c = value(byte);
    if (c == '\0') break;
    text.push_back(c > ' ' && c < 0x7f && c != '"' && c != '\\' ? c : '?');
  }
  return text;
}

void read_counts(const RouteCounts& counts, RouteCount& into) {
  for (std::size_t i = 0; i < kRouteStatuses; ++i) {
    const auto status = value(counts.statuses[i]);
    if (status == 0) break;
    const std::uint64_t count = value(counts.by_status[i]);
    const auto failure = grpc_failure_in(status);
    if (failure) into.grpc_failures[*failure] += count;
    into.statuses[fmt::to_string(http_status_in(status) % 1000)] += count;
  }
  for (std::size_t digit = 0; digit < counts.by_class.size(); ++digit) {
    const auto count = value(counts.by_class[digit]);
    if (count > 0) into.statuses[fmt::format("{}xx", digit)] += count;
  }
  into.request_bytes += value(counts.request_bytes);
  into.answer_bytes += value(counts.answer_bytes);
  into.timeouts += value(counts.timeouts);
  into.lost += value(counts.lost);
  into.microseconds += value(counts.microseconds);
  for (std::size_t i = 0; i < into.latencies.size(); ++i) {
    into.latencies[i] += value(counts.latencies[i]);
  }
}

// nullopt: the row became another's meanwhile.
std::optional<RouteCount> read_row(const RouteRow& row, const std::atomic<std::uint64_t>& key,
                                   std::uint64_t known) {
  RouteCount count;
  count.generation = UnitId{value(row.generation)};
  count.method = text_of(row.method);
  count.route = text_of(
      std::span(row.text).first(std::min<std::size_t>(value(row.text_size), row.text.size())));
  read_counts(row.counts, count);
  if (value(key) != known || UnitId{value(row.generation)} != count.generation) return std::nullopt;
  return count;
}

RouteCount leftover(UnitId generation, std::string_view route) {
  RouteCount count;
  count.generation = generation;
  count.route = route;
  count.method = "any";
  return count;
}

}  // namespace

std::uint64_t RouteCount::requests() const {
  const auto counts = statuses | std::views::values;
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::uint64_t RouteCount::errors() const {
  std::uint64_t sum = 0;
  for (const auto& [status, count] : statuses) {
    if (status.size() == 3 && status.front() == '5') sum += count;
  }
  for (const auto& [code, count] : grpc_failures) sum += count;
  return sum;
}

void RouteCount::add(const RouteCount& more) {
  for (const auto& [status, count] : more.statuses) statuses[status] += count;
  for (const auto& [code, count] : more.grpc_failures) grpc_failures[code] += count;
  request_bytes += more.request_bytes;
  answer_bytes += more.answer_bytes;
  timeouts += more.timeouts;
  lost += more.lost;
  microseconds += more.microseconds;
  for (std::size_t i = 0; i < latencies.size(); ++i) latencies[i] += more.latencies[i];
}

std::vector<RouteCount> RouteTraffic::of(std::span<const UnitId> generations) {
  std::erase_if(admitted_, [&](const Key& key) {
    return std::ranges::find(generations, std::get<UnitId>(key)) == generations.end();
  });
  std::map<Key, RouteCount> sums;
  for (const WorkerCounters& worker : traffic_.workers()) read(worker, generations, sums);
  std::vector<RouteCount> all;
  for (auto& count : sums | std::views::values) {
    if (count.requests() > 0) all.push_back(std::move(count));
  }
  return all;
}

bool RouteTraffic::admit(const Key& key) {
  if (admitted_.contains(key)) return true;
  if (admitted_.size() >= kMostRoutes) return false;
  admitted_.insert(key);
  return true;
}

void RouteTraffic::read(const WorkerCounters& worker, std::span<const UnitId> generations,
                        std::map<Key, RouteCount>& into) {
  const auto add = [&into](RouteCount count) {
    const Key key{count.generation, count.route, count.method};
    const auto [place, is_new] = into.try_emplace(key, count);
    if (!is_new) place->second.add(count);
  };
  for (std::size_t place = 0; place < kRouteRows; ++place) {
    const auto& key = worker.routes.keys[place];
    const std::uint64_t known = key.load(std::memory_order_acquire);
    if (known == 0) continue;
    const RouteRow& row = worker.routes.rows[place];
    if (std::ranges::find(generations, UnitId{value(row.generation)}) == generations.end())
      continue;
    auto count = read_row(row, key, known);
    if (!count) continue;
    if (!admit({count->generation, count->route, count->method})) {
      count->route = kOtherRoute;
      count->method = "any";
    }
    add(std::move(*count));
  }
  for (const UnitId generation : generations) {
    const GenerationCounters* slot = find_slot(worker, generation);
    if (!slot) continue;
    const RouteLeftovers& counts = worker.routes.leftovers[index_of(worker, *slot)];
    for (const auto& [name, kind] : {std::pair(kUnknownRoute, &RouteLeftovers::unknown),
                                     std::pair(kOtherRoute, &RouteLeftovers::other)}) {
      RouteCount count = leftover(generation, name);
      read_counts(counts.*kind, count);
      add(std::move(count));
    }
  }
}

}  // namespace livefix::control
