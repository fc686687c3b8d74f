// Writing the shared counters (model/traffic_stats.h). A slot has one writer, so that a load and
// a store are enough and no locked instruction is needed.
#pragma once

#include <algorithm>
#include <atomic>
#include <span>
#include <utility>

#include "model/traffic_stats.h"

namespace livefix::proxy {

template <class Integer>
void raise(std::atomic<Integer>& counter, Integer by = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

template <class Integer>
void lower(std::atomic<Integer>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

// Who reads it with acquire sees what was written before.
template <class Integer>
void publish(std::atomic<Integer>& counter, Integer value) {
  counter.store(value, std::memory_order_release);
}

template <class Integer>
void set(std::atomic<Integer>& counter, Integer value) {
  counter.store(value, std::memory_order_relaxed);
}

inline ServiceCounters& counters_of(WorkerCounters& worker, std::size_t service) {
  return worker.services[std::min(service, kNoService)];
}

// What a proxy that died left in the gauges is lost. (A tunnel had its answer.)
inline void settle_gauges(std::span<WorkerCounters> workers) {
  for (WorkerCounters& worker : workers) {
    for (GenerationCounters& generation : worker.generations) {
      const std::uint64_t lost = without_tunnels(generation.in_flight, generation.tunnels);
      raise(generation.lost, lost);
      raise(counters_of(worker, generation.service).lost, lost);
      set(generation.in_flight, 0U);
      set(generation.tunnels, 0U);
    }
    for (ServiceCounters& service : worker.services) {
      raise(service.lost, std::uint64_t{service.held});
      set(service.held, 0U);
    }
    set(worker.connections, 0U);
  }
}

inline LatencyCounters& latencies_of(WorkerCounters& worker, const GenerationCounters& slot) {
  return worker.latencies[index_of(worker, slot)];
}

inline void clear_counts(RouteCounts& counts) {
  for (auto& status : counts.statuses) publish(status, std::uint16_t{0});
  for (auto& count : counts.by_status) publish(count, std::uint64_t{0});
  for (auto& count : counts.by_class) publish(count, std::uint64_t{0});
  for (auto* total : {&counts.request_bytes, &counts.answer_bytes, &counts.timeouts, &counts.lost,
                      &counts.microseconds}) {
    publish(*total, std::uint64_t{0});
  }
  for (auto& count : counts.latencies) publish(count, std::uint64_t{0});
}

// The slot of `generation`; if it has none, the one that will be missed least, started anew.
inline GenerationCounters& claim_slot(WorkerCounters& worker, UnitId generation,
                                      std::size_t service) {
  const auto busy_then_age = [](const GenerationCounters& slot) {
    return std::pair(slot.in_flight > 0, slot.generation.load(std::memory_order_relaxed));
  };
  for (GenerationCounters& slot : worker.generations) {
    if (slot.generation.load(std::memory_order_relaxed) == number(generation)) return slot;
  }
  GenerationCounters& slot = *std::ranges::min_element(worker.generations, {}, busy_then_age);
  set(slot.generation, 0U);
  set(slot.in_flight, 0U);
  set(slot.tunnels, 0U);
  set(slot.service, static_cast<std::uint32_t>(service));
  for (auto* total : {&slot.requests, &slot.answered, &slot.failed, &slot.timeouts, &slot.lost,
                      &slot.retried, &slot.abandoned}) {
    set(*total, std::uint64_t{0});
  }
  for (auto& count : latencies_of(worker, slot)) set(count, std::uint64_t{0});
  RouteLeftovers& leftovers = worker.routes.leftovers[index_of(worker, slot)];
  clear_counts(leftovers.unknown);
  clear_counts(leftovers.other);
  slot.generation.store(number(generation), std::memory_order_release);
  return slot;
}

}  // namespace livefix::proxy
