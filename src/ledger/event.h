// What the ledger holds: events, each bound to the one before it by a hash. Values; see
// docs/ledger.md for what they mean on the disk.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace livefix::ledger {

// SHA-256.
using Hash = std::array<std::uint8_t, 32>;

// Wall clock time, for people to read. It may jump: the order of events is their sequence.
using WallTime = std::chrono::sys_time<Milliseconds>;

inline constexpr std::size_t kLongestKind = 64;
inline constexpr std::size_t kLongestActor = 256;
inline constexpr std::size_t kLongestBody = 1U << 20;

// What somebody wants recorded.
struct Entry {
  WallTime time{};
  std::string kind{};   // a word of a-z, 0-9, '.', '-', '_': "promoted"
  std::string actor{};  // who gave the command: a user's name, "token ci", "livefix"
  std::string body{};   // JSON, which the ledger does not read

  friend bool operator==(const Entry&, const Entry&) = default;
};

// An entry in its place. Sequences are 1, 2, 3 and so on without a gap.
struct Event {
  std::uint64_t sequence = 0;
  Entry entry{};
  Hash previous{};  // of the event before; zeros for the first
  Hash hash{};      // of all of the above: event_hash.h

  friend bool operator==(const Event&, const Event&) = default;
};

// The last event of a ledger, which stands for all of it; of an empty one 0 and zeros.
struct Head {
  std::uint64_t sequence = 0;
  Hash hash{};

  friend bool operator==(const Head&, const Head&) = default;
};

inline Head head_of(const std::optional<Event>& last) {
  return last ? Head{last->sequence, last->hash} : Head{};
}

// Whether it may be recorded; the error says which part may not, and why.
Status check(const Entry& entry);

}  // namespace livefix::ledger
