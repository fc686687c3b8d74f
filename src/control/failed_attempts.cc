#include "control/failed_attempts.h"

#include <algorithm>

namespace livefix::control {
namespace {

constexpr std::size_t kMaxClients = 4096;

}  // namespace

bool FailedAttempts::add(const Address& client, TimePoint now) {
  Key key = client.mapped_to_ipv6().bytes;
  if (client.family == Family::ipv6 && !client.is_ipv4_mapped()) {
    std::fill(key.begin() + 8, key.end(), std::uint8_t{0});
  }
  if (counts_.size() >= kMaxClients && !counts_.contains(key)) {
    std::erase_if(counts_, [now](const auto& one) { return now - one.second.since >= kWindow; });
    // All of them within a minute: an attack from everywhere, which no count stops.
    if (counts_.size() >= kMaxClients) return false;
  }
  Count& count = counts_.try_emplace(key, Count{now, 0}).first->second;
  if (now - count.since >= kWindow) count = Count{now, 0};
  if (count.attempts >= limit_) return false;
  ++count.attempts;
  return true;
}

}  // namespace livefix::control
