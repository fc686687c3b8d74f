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
    const GenerationCounters* slot = find_slot(worker, generation);
    if (!slot) continue;
    sum.in_flight += value(slot->in_flight);
    sum.tunnels += value(slot->tunnels);
    sum.requests += value(slot->requests);
    sum.answered += value(slot->answered);
    sum.failed += value(slot->failed);
    sum.lost += value(slot->lost);
    sum.retried += value(slot->retried);
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
    sum.lost += value(worker.lost);
    for (const GenerationCounters& slot : worker.generations) {
      sum.in_flight += value(slot.in_flight);
      sum.tunnels += value(slot.tunnels);
    }
  }
  return sum;
}

}  // namespace livefix::control
