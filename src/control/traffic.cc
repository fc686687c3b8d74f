#include "control/traffic.h"

#include <algorithm>

#include "control/counter_value.h"

namespace livefix::control {
Traffic::Traffic(const os::Fd& memory, std::size_t workers)
    : workers_(std::min(workers, kMaxWorkers)) {
  auto mapping = os::Mapping::of(memory, traffic_memory(workers_), os::Mapping::Access::read);
  if (mapping) mapping_.emplace(std::move(*mapping));
}

std::span<const WorkerCounters> Traffic::workers() const {
  if (!mapping_) return {};
  return {static_cast<const WorkerCounters*>(mapping_->data()), workers_};
}

Traffic::Counts Traffic::of(UnitId generation) const {
  Counts sum;
  for (const WorkerCounters& worker : workers()) {
    const GenerationCounters* slot = find_slot(worker, generation);
    if (!slot) continue;
    sum.in_flight += value(slot->in_flight);
    sum.tunnels += value(slot->tunnels);
    sum.requests += value(slot->requests);
    sum.answered += value(slot->answered);
    sum.failed += value(slot->failed);
    sum.timeouts += value(slot->timeouts);
    sum.lost += value(slot->lost);
    sum.retried += value(slot->retried);
    sum.abandoned += value(slot->abandoned);
    const LatencyCounters& latencies = worker.latencies[index_of(worker, *slot)];
    for (std::size_t i = 0; i < sum.latencies.size(); ++i) {
      sum.latencies[i] += value(latencies[i]);
    }
  }
  return sum;
}

Traffic::Counts Traffic::Counts::since(const Counts& earlier) const {
  Counts window = *this;
  // A slot that was taken over in between begins at 0.
  const auto subtract = [](std::uint64_t& count, std::uint64_t before) {
    count -= std::min(count, before);
  };
  for (const auto member :
       {&Counts::requests, &Counts::answered, &Counts::failed, &Counts::timeouts, &Counts::lost,
        &Counts::retried, &Counts::abandoned}) {
    subtract(window.*member, earlier.*member);
  }
  for (std::size_t i = 0; i < latencies.size(); ++i) {
    subtract(window.latencies[i], earlier.latencies[i]);
  }
  return window;
}

void Traffic::add(Totals& sum, const WorkerCounters& worker, std::size_t service_index) {
  const ServiceCounters& service = worker.services[service_index];
  sum.held += value(service.held);
  sum.shed += value(service.shed);
  sum.refused += value(service.refused);
  sum.lost += value(service.lost);
  for (const GenerationCounters& slot : worker.generations) {
    if (value(slot.generation) == 0 || value(slot.service) != service_index) continue;
    sum.in_flight += value(slot.in_flight);
    sum.tunnels += value(slot.tunnels);
  }
}

Traffic::Totals Traffic::of_service(std::size_t service_index) const {
  Totals sum;
  for (const WorkerCounters& worker : workers()) add(sum, worker, service_index);
  return sum;
}

Traffic::Totals Traffic::of_nobody() const {
  Totals sum = of_service(kNoService);
  for (const WorkerCounters& worker : workers()) {
    sum.connections += value(worker.connections);
    sum.refused += value(worker.refused);
  }
  return sum;
}

Traffic::Totals Traffic::totals() const {
  Totals sum;
  for (const WorkerCounters& worker : workers()) {
    sum.connections += value(worker.connections);
    sum.refused += value(worker.refused);
    for (std::size_t service = 0; service < worker.services.size(); ++service) {
      add(sum, worker, service);
    }
  }
  return sum;
}

}  // namespace livefix::control
