#include "ledger/chain.h"

#include "ledger/event_hash.h"

namespace livefix::ledger {

Status check_hash(const Event& event) {
  const auto computed = hash_of(event);
  if (!computed) return std::unexpected(computed.error());
  if (*computed == event.hash) return {};
  return fail("event {} was changed: its hash is {}, but its fields give {}", event.sequence,
              to_hex(event.hash), to_hex(*computed));
}

Status Chain::add(const Event& event) {
  const std::uint64_t next = head_.sequence + 1;
  if (event.sequence != next) {
    return fail("event {} is missing: {} follows {}", next, event.sequence, head_.sequence);
  }
  if (const auto same = check_hash(event); !same) return same;
  if (event.previous != head_.hash) {
    return fail("event {} does not follow from {}: it was written after one of hash {}, and not {}",
                event.sequence, head_.sequence, to_hex(event.previous), to_hex(head_.hash));
  }
  if (expected_ && expected_->sequence == event.sequence && expected_->hash != event.hash) {
    return fail("event {} is another than it was: its hash was {} and is {}", event.sequence,
                to_hex(expected_->hash), to_hex(event.hash));
  }
  head_ = {event.sequence, event.hash};
  return {};
}

Status Chain::end() const {
  if (!expected_ || expected_->sequence <= head_.sequence) return {};
  return fail("event {} is missing: there were {} events, and the last one is {} now",
              head_.sequence + 1, expected_->sequence, head_.sequence);
}

}  // namespace livefix::ledger
