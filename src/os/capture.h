// Running a short program for what it prints. Blocks, so not for a loop that serves anybody.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace livefix::os {

struct CaptureRequest {
  std::vector<std::string> command{};
  std::vector<std::string> environment{};  // changes to the caller's, "NAME=value"
  std::string directory{};                 // empty: the caller's
  int standard_input = -1;                 // -1: /dev/null
  Milliseconds patience{1000};
};

// Standard output of a program that exits with 0; its standard error is dropped. Fails when it
// cannot be started, exits with something else, prints more than 8 MiB, or takes longer than
// `patience`: then it is killed.
Result<std::string> capture(const CaptureRequest& request);

}  // namespace livefix::os
