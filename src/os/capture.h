// Running a short program for what it prints. Blocks, so not for a loop that serves anybody.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace livefix::os {

struct CaptureRequest {
  std::vector<std::string> command{};
  std::vector<std::string> environment{};  // changes to the caller's, "NAME=value"
  bool clean_environment = false;          // `environment` is the whole of it
  std::string directory{};                 // empty: the caller's
  int standard_input = -1;                 // -1: /dev/null
  Milliseconds patience{1000};
  std::size_t most_output = 8U << 20;  // bytes
  bool cut_output = false;             // more than that is left out, and is no failure
  bool ends_with_caller = false;       // killed when the thread that called is gone
};

// Standard output of a program that exits with 0; its standard error is dropped. Fails when it
// cannot be started, exits with something else, prints more than `most_output`, or takes longer
// than `patience`: then it is killed.
Result<std::string> capture(const CaptureRequest& request);

struct Captured {
  std::string output;
  std::string errors;   // the last 4 KiB of standard error
  int exit_status = 0;  // 128 + its number for a signal, as a shell has it; 0 where it was cut
  bool cut = false;     // `output` is the first `most_output` bytes of more
};

// The same with standard error, and every exit is an answer. Waits until all that it started
// have closed their output, too.
Result<Captured> capture_with_errors(const CaptureRequest& request);

}  // namespace livefix::os
