// Requests that wait for a generation, oldest first. Their number is bounded over all workers,
// their time by the plan. One worker's; only the total is shared.
#pragma once

#include <atomic>
#include <cstdint>

#include "model/routing_plan.h"
#include "model/traffic_stats.h"
#include "os/event_loop.h"
#include "proxy/deadline_list.h"

namespace livefix::proxy {

class Exchange;

class HoldQueue {
 public:
  // All must outlive the queue. While anything waits, those that could be served try again every
  // `interval`: a generation that refused connections may take them by now.
  HoldQueue(os::EventLoop& loop, WorkerCounters& counters, std::atomic<std::uint32_t>& total,
            Milliseconds interval);

  // False when as many wait already as the policy allows.
  bool enter(Exchange& exchange, TimePoint due, const HoldPolicy& policy);
  // For an exchange that has entered, also when its deadline has taken it off the list.
  void leave(Exchange& exchange);
  // Everybody tries again, in order; who cannot be served enters again. `may_probe`: one at a
  // time may try a backend that refuses.
  void release(bool may_probe);

  DeadlineList& deadlines() { return waiting_; }

 private:
  os::EventLoop& loop_;
  WorkerCounters& counters_;
  std::atomic<std::uint32_t>& total_;
  const Milliseconds interval_;
  DeadlineList waiting_;
  os::Timer retry_;
};

}  // namespace livefix::proxy
