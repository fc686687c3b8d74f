// Whether events are the ones that were written, in their order and without a gap. No I/O.
#pragma once

#include <optional>

#include "ledger/event.h"

namespace livefix::ledger {

class Chain {
 public:
  // Goes on after `head`. With `expected`, the head of an earlier time that somebody noted
  // elsewhere, that event has to come by unchanged: only this shows that the end of a ledger was
  // cut off, or that all of it was written anew.
  explicit Chain(Head head, std::optional<Head> expected = {}) : head_(head), expected_(expected) {}

  // The next event. The error names the first that does not fit, and how.
  Status add(const Event& event);
  // There is no more.
  Status end() const;

  const Head& head() const { return head_; }

 private:
  Head head_;
  std::optional<Head> expected_;
};

// Whether the event's hash is that of its fields.
Status check_hash(const Event& event);

}  // namespace livefix::ledger
