// What the last line of the answer to a push says (docs/control-api.md, POST /v1/push). Pure.
#pragma once

#include <string>

#include "base/clock.h"

namespace livefix::control {

struct PushVerdict {
  bool ok = false;
  // "promoted", "taken_back", "refused" as in the history; "stored": another branch; "unchanged":
  // it is what runs already.
  std::string outcome;
  std::string message;  // a sentence, and perhaps lines of details
  std::string gate{};   // which one was not passed; empty: none
  std::string commit{};
  Milliseconds took{};

  std::string json() const;
};

}  // namespace livefix::control
