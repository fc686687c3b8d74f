// Signals as events of a loop (signalfd). The signals are blocked for the whole process while this
// lives; spawn() unblocks them in children.
#pragma once

#include <initializer_list>
#include <optional>

#include "base/result.h"
#include "os/fd.h"

namespace livefix::os {

class SignalQueue {
 public:
  static Result<SignalQueue> open(std::initializer_list<int> signals);

  int fd() const { return fd_.get(); }  // readable when a signal waits
  std::optional<int> take();            // the next signal's number

 private:
  explicit SignalQueue(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace livefix::os
