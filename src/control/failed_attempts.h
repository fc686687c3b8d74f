// How often each client address has come with a token that nobody knows: bounded in memory, and
// pure but for what it remembers. Owned by GitHttp.
#pragma once

#include <array>
#include <cstdint>
#include <map>

#include "base/address.h"
#include "base/clock.h"

namespace livefix::control {

class FailedAttempts {
 public:
  static constexpr Milliseconds kWindow{60'000};

  // `limit` a window are let through.
  explicit FailedAttempts(unsigned limit) : limit_(limit) {}

  // One more. False: it is one too many. An IPv6 client is its /64, which is what one person has.
  bool add(const Address& client, TimePoint now);

 private:
  struct Count {
    TimePoint since;
    unsigned attempts = 0;
  };
  using Key = std::array<std::uint8_t, 16>;

  const unsigned limit_;
  std::map<Key, Count> counts_;
};

}  // namespace livefix::control
