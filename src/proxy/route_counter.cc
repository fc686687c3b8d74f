#include "proxy/route_counter.h"

#include <algorithm>
#include <string>

#include "model/grpc_status.h"
#include "proxy/counters.h"

namespace livefix::proxy {
namespace {

template <class Integer>
Integer value(const std::atomic<Integer>& counter) {
  return counter.load(std::memory_order_relaxed);
}

// Of splitmix64. Never 0.
std::uint64_t key_of(const RoutedRequest& request, std::uint64_t route) {
  std::uint64_t key = route ^ (std::uint64_t{number(request.generation)} << 32) ^
                      (std::uint64_t{request.service} << 8) ^
                      static_cast<std::uint64_t>(request.method);
  key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9;
  key = (key ^ (key >> 27)) * 0x94d049bb133111eb;
  return (key ^ (key >> 31)) | 1;
}

// Others say of a route that it is there; a program that does not know one says one of these.
bool speaks_for_route(int status) {
  return status != 404 && status != 405 && status != 400 &&
         status != status_of_grpc_failure(kGrpcUnimplemented);
}

std::atomic<std::uint64_t>& count_of(RouteCounts& counts, int status) {
  for (std::size_t i = 0; i < kRouteStatuses; ++i) {
    const int known = value(counts.statuses[i]);
    if (known == status) return counts.by_status[i];
    if (known != 0) continue;
    set(counts.statuses[i], static_cast<std::uint16_t>(status));
    return counts.by_status[i];
  }
  return counts.by_class[std::min<std::size_t>(static_cast<std::size_t>(status) / 100,
                                               counts.by_class.size() - 1)];
}

void add(RouteCounts& counts, const RoutedRequest& request, const RouteNote& note) {
  raise(count_of(counts, request.status));
  if (request.bytes > 0) raise(counts.request_bytes, request.bytes);
  if (note.answer_bytes > 0) raise(counts.answer_bytes, note.answer_bytes);
  if (request.end == RouteEnd::timed_out) raise(counts.timeouts);
  if (request.end == RouteEnd::lost) raise(counts.lost);
  if (!note.answered) return;
  const auto time = std::chrono::duration_cast<std::chrono::microseconds>(note.latency).count();
  raise(counts.microseconds, static_cast<std::uint64_t>(time));
  raise(counts.latencies[latency::bucket_of(static_cast<std::uint64_t>(time))]);
}

template <std::size_t kSize>
void write(std::array<std::atomic<char>, kSize>& into, std::string_view text) {
  for (std::size_t i = 0; i < kSize; ++i) publish(into[i], i < text.size() ? text[i] : '\0');
}

std::string text_of(const RouteRow& row) {
  std::string text;
  const auto size = std::min<std::size_t>(value(row.text_size), kRouteTextBytes);
  for (std::size_t i = 0; i < size; ++i) text.push_back(value(row.text[i]));
  return text;
}

}  // namespace

RouteCounter::RouteCounter(WorkerCounters& worker) : worker_(worker), table_(worker.routes) {
  for (std::size_t place = 0; place < kRouteRows; ++place) {
    if (value(table_.keys[place]) == 0) continue;
    const RouteRow& row = table_.rows[place];
    if (value(row.listed) == 0) crowd_.learn(value(row.service), text_of(row));
  }
}

void RouteCounter::find_route(std::size_t service, const http::RouteList& listed,
                              std::string_view target, RouteNote& note) const {
  const http::RoutePattern* known = listed.find(target);
  note.listed = known != nullptr;
  if (known) {
    note.route = *known;
  } else {
    note.route.assign(
        target, [this, service](std::uint64_t place) { return crowd_.is_crowded(service, place); });
  }
}

void RouteCounter::count(const RoutedRequest& request, const RouteNote& note) {
  add(counts_of(request, note), request, note);
}

RouteCounts& RouteCounter::counts_of(const RoutedRequest& request, const RouteNote& note) {
  const std::uint64_t key = key_of(request, note.route.hash());
  if (RouteRow* row = find(key)) return row->counts;
  auto kind = &RouteLeftovers::unknown;
  if (speaks_for_route(request.status)) {
    if (!note.listed) crowd_.learn(request.service, note.route.text());
    const std::size_t spare = find_spare(key);
    if (spare < kRouteRows) return claim(spare, key, request, note);
    kind = &RouteLeftovers::other;
  }
  RouteCounts* const left = leftover(request.generation, kind);
  return left ? *left : nobodys_;
}

RouteRow* RouteCounter::find(std::uint64_t key) {
  for (std::size_t probe = 0; probe < kRouteProbes; ++probe) {
    const std::size_t place = (key + probe) % kRouteRows;
    const std::uint64_t found = value(table_.keys[place]);
    if (found == key) return &table_.rows[place];
    if (found == 0) return nullptr;
  }
  return nullptr;
}

std::size_t RouteCounter::find_spare(std::uint64_t key) const {
  for (std::size_t probe = 0; probe < kRouteProbes; ++probe) {
    const std::size_t place = (key + probe) % kRouteRows;
    if (value(table_.keys[place]) == 0 || is_spare(table_.rows[place])) return place;
  }
  return kRouteRows;
}

bool RouteCounter::is_spare(const RouteRow& row) const {
  const auto planned = living_.find(value(row.service));
  return planned != living_.end() &&
         std::ranges::find(planned->second, UnitId{value(row.generation)}) == planned->second.end();
}

RouteCounts& RouteCounter::claim(std::size_t place, std::uint64_t key, const RoutedRequest& request,
                                 const RouteNote& note) {
  RouteRow& row = table_.rows[place];
  // Whoever reads a piece of it from now on finds another key behind it than before.
  set(table_.keys[place], key ^ 2);
  publish(row.generation, 0U);  // nobody's, should the proxy be killed here
  publish(row.service, static_cast<std::uint16_t>(request.service));
  publish(row.listed, static_cast<std::uint8_t>(note.listed));
  publish(row.text_size, static_cast<std::uint8_t>(note.route.text().size()));
  write(row.method, http::name_of(request.method));
  write(row.text, note.route.text());
  clear_counts(row.counts);
  publish(row.generation, number(request.generation));
  publish(table_.keys[place], key);
  return row.counts;
}

RouteCounts* RouteCounter::leftover(UnitId generation, RouteCounts RouteLeftovers::* kind) {
  const GenerationCounters* slot = find_slot(worker_, generation);
  return slot ? &(table_.leftovers[index_of(worker_, *slot)].*kind) : nullptr;
}

void RouteCounter::set_living(std::size_t service, std::vector<UnitId> generations) {
  living_[service] = std::move(generations);
}

}  // namespace livefix::proxy
