// Things that must happen by a time, in a list that is sorted because all its members wait for
// the same duration: adding, removing and finding the next cost O(1). A duration that changes
// costs a short walk from the back. One thread.
#pragma once

#include <optional>

#include "base/clock.h"
#include "proxy/intrusive_list.h"

namespace livefix::proxy {

struct DeadlineTag;

// A member is in one list at a time, and leaves by unlink or by destruction.
class Deadline : public ListHook<DeadlineTag> {
 public:
  Deadline() = default;
  // Already out of the list. May add itself or others, and destroy nothing.
  virtual void on_deadline() noexcept = 0;
  TimePoint due() const { return due_; }

  virtual ~Deadline() = default;

 private:
  friend class DeadlineList;
  TimePoint due_;
};

class DeadlineList {
 public:
  using Members = IntrusiveList<Deadline, DeadlineTag>;

  void add(Deadline& deadline, TimePoint due) {
    deadline.due_ = due;
    deadline.unlink();
    Deadline* place = members_.back();
    while (place && place->due_ > due) place = members_.before(*place);
    if (place) {
      members_.insert_after(deadline, *place);
    } else {
      members_.push_front(deadline);
    }
  }

  std::optional<TimePoint> next() const {
    const Deadline* first = members_.front();
    return first ? std::optional(first->due_) : std::nullopt;
  }

  void expire(TimePoint now) {
    while (Deadline* first = members_.front()) {
      if (first->due_ > now) return;
      first->unlink();
      first->on_deadline();
    }
  }

  Members& members() { return members_; }

 private:
  Members members_;
};

}  // namespace livefix::proxy
