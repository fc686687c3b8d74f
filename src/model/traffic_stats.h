// Counters of the data plane in memory that proxy and control share (a memfd that the keeper
// owns, so that they outlive both).
//
// Writers: each proxy worker writes its own counters and no others, relaxed; a restarted proxy
// zeroes the gauges, counts what they held as lost, and keeps the totals. Readers: control sums
// over workers. A worker gives each generation a slot of its choice; an idle one of an older
// generation is used again. Services have theirs by their index.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "base/ids.h"
#include "model/latency_histogram.h"
#include "model/route_stats.h"
#include "model/run_spec.h"

namespace livefix {

inline constexpr std::size_t kMaxWorkers = 64;
// Control lets no more generations drain than have a slot beside those that serve and start.
inline constexpr std::size_t kGenerationSlots = 128;
// Of requests that came before there was a plan.
inline constexpr std::size_t kNoService = kMaxServices;

struct GenerationCounters {
  std::atomic<std::uint32_t> generation{0};  // whose counts these are; 0: nobody's
  std::atomic<std::uint32_t> in_flight{0};   // gauge: requests and tunnels
  std::atomic<std::uint32_t> tunnels{0};     // gauge: of these, tunnels
  std::atomic<std::uint32_t> service{0};     // its index
  std::atomic<std::uint64_t> requests{0};    // given to this generation
  std::atomic<std::uint64_t> answered{0};    // whole answers passed on, of any status
  std::atomic<std::uint64_t> failed{0};      // of these, 5xx, or a call of gRPC that failed
  std::atomic<std::uint64_t> timeouts{0};    // answered 504 by livefix
  std::atomic<std::uint64_t> lost{0};        // cut in the middle, or answered 502 by livefix
  std::atomic<std::uint64_t> retried{0};     // given again to another backend connection
  std::atomic<std::uint64_t> abandoned{0};   // of these, the program had it, and hung up
};

// Answers of a generation by the time until their heads were there, of any status: 101, too, but
// no interim ones, and none by livefix (a 504 has no time). The time runs from the last piece of
// the request that was given to the generation, so that neither waiting for a generation, nor what
// a connection before cost that has failed, nor a client that sends slowly counts; making a
// connection does. It ends with the head, so that streams and WebSockets are as quick as they
// begin. docs/proxy.md says how exact it is.
using LatencyCounters = std::array<std::atomic<std::uint64_t>, latency::kBuckets>;

struct ServiceCounters {
  std::atomic<std::uint32_t> held{0};     // gauge: requests that wait for a generation
  std::atomic<std::uint64_t> shed{0};     // waited too long or were too many: 503
  std::atomic<std::uint64_t> refused{0};  // not as they should be: 4xx by livefix
  std::atomic<std::uint64_t> lost{0};     // of all generations that ever were
};

struct alignas(64) WorkerCounters {
  std::array<GenerationCounters, kGenerationSlots> generations;
  std::array<ServiceCounters, kMaxServices + 1> services;  // the last one: kNoService
  std::atomic<std::uint32_t> connections{0};               // gauge: clients
  std::atomic<std::uint64_t> refused{0};  // before it was known which service they were for
  // Of the generations in the slots of the same places. Not in there, so that a look at all slots
  // does not bring these 10 MiB to life: a page is memory only once it is touched.
  std::array<LatencyCounters, kGenerationSlots> latencies;
  RouteTable<kGenerationSlots> routes;
};

// The whole mapping, for as many workers as there can be. All-zero bytes are a valid start.
struct TrafficStats {
  std::array<WorkerCounters, kMaxWorkers> workers;
};

// Bytes of it that a run needs: a limit on files (ulimit -f) is one for such memory, too.
constexpr std::size_t traffic_memory(std::size_t workers) {
  return workers * sizeof(WorkerCounters);
}

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// Of two gauges that were read one after the other, while the proxy went on.
constexpr std::uint64_t without_tunnels(std::uint64_t in_flight, std::uint64_t tunnels) {
  return in_flight - std::min(in_flight, tunnels);
}

// nullptr: this worker has no counts of it.
inline const GenerationCounters* find_slot(const WorkerCounters& worker, UnitId generation) {
  for (const GenerationCounters& slot : worker.generations) {
    if (slot.generation.load(std::memory_order_acquire) == number(generation)) return &slot;
  }
  return nullptr;
}

inline std::size_t index_of(const WorkerCounters& worker, const GenerationCounters& slot) {
  return static_cast<std::size_t>(&slot - worker.generations.data());
}

}  // namespace livefix
