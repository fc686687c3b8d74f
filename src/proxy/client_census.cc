#include "proxy/client_census.h"

#include <algorithm>

namespace livefix::proxy {
namespace {

std::array<std::uint8_t, 16> key_of(const Address& client) {
  constexpr std::size_t kNetworkBytes = 8;
  if (client.family == Family::ipv4) return client.mapped_to_ipv6().bytes;
  auto key = client.bytes;
  if (!client.is_ipv4_mapped()) std::fill(key.begin() + kNetworkBytes, key.end(), 0);
  return key;
}

}  // namespace

std::unique_ptr<ClientCensus::Ticket> ClientCensus::admit() {
  auto ticket = std::make_unique<Ticket>(*this);
  const std::uint32_t before = all_.fetch_add(1, std::memory_order_relaxed);
  return most_ == 0 || before < most_ ? std::move(ticket) : nullptr;
}

ClientCensus::Standing ClientCensus::Ticket::claim(const Address& client) {
  const std::uint32_t most = census_.most_of_each_;
  if (most == 0 || claimed_) return Standing::welcome;
  const std::scoped_lock lock(census_.mutex_);
  place_ = census_.of_each_.try_emplace(key_of(client), 0).first;
  claimed_ = true;
  const std::uint32_t before = place_->second++;
  if (before < most) return Standing::welcome;
  return before - most < most ? Standing::one_too_many : Standing::far_too_many;
}

ClientCensus::Ticket::~Ticket() {
  census_.all_.fetch_sub(1, std::memory_order_relaxed);
  if (!claimed_) return;
  const std::scoped_lock lock(census_.mutex_);
  if (--place_->second == 0) census_.of_each_.erase(place_);
}

}  // namespace livefix::proxy
