#include "proxy/exchange_pool.h"

#include "proxy/exchange.h"

namespace livefix::proxy {
namespace {

constexpr std::size_t kMostIdle = 1024;

}  // namespace

ExchangePool::ExchangePool(WorkerContext& worker) : worker_(worker) {}

ExchangePool::~ExchangePool() = default;

std::unique_ptr<Exchange> ExchangePool::take() {
  if (idle_.empty()) return std::make_unique<Exchange>(worker_);
  auto exchange = std::move(idle_.back());
  idle_.pop_back();
  return exchange;
}

void ExchangePool::put(std::unique_ptr<Exchange> exchange) {
  idle_.push_back(std::move(exchange));
}

void ExchangePool::trim() {
  if (idle_.size() > kMostIdle) idle_.resize(kMostIdle);
}

}  // namespace livefix::proxy
