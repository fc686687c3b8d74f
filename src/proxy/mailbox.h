// Messages into a loop from another thread. Any thread may post; the loop's thread takes them
// when the descriptor is readable.
#pragma once

#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "base/result.h"
#include "os/fd.h"
#include "os/wake_event.h"

namespace livefix::proxy {

template <class Message>
class Mailbox {
 public:
  explicit Mailbox(os::Fd wake) : wake_(std::move(wake)) {}

  static Result<os::Fd> make_wake() { return os::make_wake_event(); }

  int fd() const { return wake_.get(); }

  void post(Message message) {
    bool was_empty = false;
    {
      const std::scoped_lock lock(mutex_);
      was_empty = messages_.empty();
      messages_.push_back(std::move(message));
    }
    if (was_empty) {
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
    }
  }

  std::vector<Message> take() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(wake_.get(), &count, sizeof count);
    const std::scoped_lock lock(mutex_);
    return std::exchange(messages_, {});
  }

 private:
  os::Fd wake_;
  std::mutex mutex_;
  std::vector<Message> messages_;
};

}  // namespace livefix::proxy
