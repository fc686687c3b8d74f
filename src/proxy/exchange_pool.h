// Exchanges that wait for their next request: only a client that has one in hand needs one, so
// that idle clients cost little. The worker's.
#pragma once

#include <memory>
#include <vector>

namespace livefix::proxy {

class Exchange;
class WorkerContext;

class ExchangePool {
 public:
  explicit ExchangePool(WorkerContext& worker);
  ~ExchangePool();
  ExchangePool(const ExchangePool&) = delete;
  ExchangePool& operator=(const ExchangePool&) = delete;

  std::unique_ptr<Exchange> take();
  // The exchange may still be on the call stack: it must be idle, and is not destroyed before the
  // pool is.
  void put(std::unique_ptr<Exchange> exchange);
  // After a batch: gives memory back that a burst has left.
  void trim();

 private:
  WorkerContext& worker_;
  std::vector<std::unique_ptr<Exchange>> idle_;
};

}  // namespace livefix::proxy
