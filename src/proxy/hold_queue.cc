#include "proxy/hold_queue.h"

#include "proxy/counters.h"
#include "proxy/exchange.h"
#include "proxy/service_traffic.h"

namespace livefix::proxy {

HoldQueue::HoldQueue(os::EventLoop& loop, HeldTotals& totals, Milliseconds interval)
    : loop_(loop), totals_(totals), interval_(interval), retry_(loop_, [this] { release(true); }) {}

bool HoldQueue::enter(Exchange& exchange, TimePoint due) {
  const ServiceTraffic& service = exchange.service();
  auto& total = totals_[service.index()];
  if (total.fetch_add(1, std::memory_order_relaxed) >= service.hold_policy().max_requests) {
    total.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  raise(service.counters().held);
  waiting_.add(exchange, due);
  if (!retry_.running()) retry_.start(interval_);
  return true;
}

void HoldQueue::leave(Exchange& exchange) {
  exchange.Deadline::unlink();
  const ServiceTraffic& service = exchange.service();
  totals_[service.index()].fetch_sub(1, std::memory_order_relaxed);
  lower(service.counters().held);
}

void HoldQueue::release(bool may_probe) {
  waiting_.members().take_each([this, may_probe](Deadline& first) {
    auto& exchange = static_cast<Exchange&>(first);
    leave(exchange);
    exchange.try_again(may_probe);
  });
}

}  // namespace livefix::proxy
