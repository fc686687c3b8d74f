// Requests that wait for a generation, oldest first. Their number is bounded for each service over
// all workers, their time by the plan. One worker's; only the totals are shared.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "model/traffic_stats.h"
#include "os/event_loop.h"
#include "proxy/deadline_list.h"

namespace livefix::proxy {

class Exchange;

// How many wait in all workers, by the index of their service.
using HeldTotals = std::array<std::atomic<std::uint32_t>, kMaxServices + 1>;

class HoldQueue {
 public:
  // All must outlive the queue. While anything waits, those that could be served try again every
  // `interval`: a generation that refused connections may take them by now.
  HoldQueue(os::EventLoop& loop, HeldTotals& totals, Milliseconds interval);

  // False when as many of its service wait already as that one allows.
  bool enter(Exchange& exchange, TimePoint due);
  // For an exchange that has entered, also when its deadline has taken it off the list.
  void leave(Exchange& exchange);
  // Everybody tries again, in order; who cannot be served enters again. `may_probe`: one at a
  // time may try a backend that refuses.
  void release(bool may_probe);

  DeadlineList& deadlines() { return waiting_; }

 private:
  os::EventLoop& loop_;
  HeldTotals& totals_;
  const Milliseconds interval_;
  DeadlineList waiting_;
  os::Timer retry_;
};

}  // namespace livefix::proxy
