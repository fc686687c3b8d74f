#include "control/traffic.h"

namespace livefix::control {
namespace {

template <class Number>
Number value(const std::atomic<Number>& counter) {
  return counter.load(std::memory_order_relaxed);
}

}  // namespace

Traffic::Traffic(const os::Fd& memory) {
  auto mapping = os::Mapping::of(memory, sizeof(TrafficStats), os::Mapping::Access::read);
  if (mapping) mapping_.emplace(std::move(*mapping));
}

const TrafficStats* Traffic::stats() const {
  return mapping_ ? static_cast<const TrafficStats*>(mapping_->data()) : nullptr;
}

Traffic::Counts Traffic::of(UnitId generation) const {
  Counts sum;
  if (!stats()) return sum;
  for (const WorkerCounters& worker : stats()->workers) {
    const GenerationCounters& slot = worker.generations[slot_of(generation)];
    if (value(slot.generation) != number(generation)) continue;
    sum.in_flight += value(slot.in_flight);
    sum.requests += value(slot.requests);
    sum.answered += value(slot.answered);
    sum.failed += value(slot.failed);
    sum.lost += value(slot.lost);
    sum.retried += value(slot.retried);
  }
  return sum;
}

Traffic::Totals Traffic::totals() const {
  Totals sum;
  if (!stats()) return sum;
  for (const WorkerCounters& worker : stats()->workers) {
    sum.held += value(worker.held);
    sum.connections += value(worker.connections);
    sum.shed += value(worker.shed);
    sum.refused += value(worker.refused);
    for (const GenerationCounters& slot : worker.generations)
      sum.in_flight += value(slot.in_flight);
  }
  return sum;
}

std::uint64_t Traffic::lost() {
  if (!stats()) return 0;
  for (std::size_t worker = 0; worker < kMaxWorkers; ++worker) {
    for (std::size_t slot = 0; slot < kGenerationSlots; ++slot) {
      const GenerationCounters& counters = stats()->workers[worker].generations[slot];
      Seen& seen = seen_[worker][slot];
      const Seen now{value(counters.generation), value(counters.lost)};
      const std::uint64_t before = now.generation == seen.generation ? seen.lost : 0;
      // What was lost before this control began is not its to tell.
      if (sampled_ && now.lost > before) lost_ += now.lost - before;
      seen = now;
    }
  }
  sampled_ = true;
  return lost_;
}

}  // namespace livefix::control
