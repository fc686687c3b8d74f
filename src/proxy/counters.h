// Writing the shared counters (model/traffic_stats.h). A slot has one writer, so that a load and
// a store are enough and no locked instruction is needed.
#pragma once

#include <atomic>

#include "model/traffic_stats.h"

namespace livefix::proxy {

template <class Integer>
void raise(std::atomic<Integer>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

template <class Integer>
void lower(std::atomic<Integer>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

template <class Integer>
void set(std::atomic<Integer>& counter, Integer value) {
  counter.store(value, std::memory_order_relaxed);
}

// What a proxy that died left in the gauges is over.
inline void zero_gauges(TrafficStats& stats) {
  for (WorkerCounters& worker : stats.workers) {
    for (GenerationCounters& generation : worker.generations) set(generation.in_flight, 0U);
    set(worker.held, 0U);
    set(worker.connections, 0U);
  }
}

// The slot of `generation`, started anew if it was another's.
inline GenerationCounters& claim_slot(WorkerCounters& worker, UnitId generation) {
  GenerationCounters& slot = worker.generations[slot_of(generation)];
  if (slot.generation.load(std::memory_order_relaxed) == number(generation)) return slot;
  set(slot.generation, 0U);
  set(slot.in_flight, 0U);
  for (auto* total : {&slot.requests, &slot.answered, &slot.failed, &slot.lost, &slot.retried}) {
    set(*total, std::uint64_t{0});
  }
  slot.generation.store(number(generation), std::memory_order_release);
  return slot;
}

}  // namespace livefix::proxy
