#include "proxy/hold_queue.h"

#include "proxy/counters.h"
#include "proxy/exchange.h"

namespace livefix::proxy {

HoldQueue::HoldQueue(os::EventLoop& loop, WorkerCounters& counters,
                     std::atomic<std::uint32_t>& total, Milliseconds interval)
    : loop_(loop), counters_(counters), total_(total), interval_(interval), retry_(loop_, [this] {
        release(true);
      }) {}

bool HoldQueue::enter(Exchange& exchange, TimePoint due, const HoldPolicy& policy) {
  if (total_.fetch_add(1, std::memory_order_relaxed) >= policy.max_requests) {
    total_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  raise(counters_.held);
  waiting_.add(exchange, due);
  if (!retry_.running()) retry_.start(interval_);
  return true;
}

void HoldQueue::leave(Exchange& exchange) {
  exchange.Deadline::unlink();
  total_.fetch_sub(1, std::memory_order_relaxed);
  lower(counters_.held);
}

void HoldQueue::release(bool may_probe) {
  waiting_.members().take_each([this, may_probe](Deadline& first) {
    auto& exchange = static_cast<Exchange&>(first);
    leave(exchange);
    exchange.try_again(may_probe);
  });
}

}  // namespace livefix::proxy
