// Which collector is told of traces by OTLP/HTTP, and how. Of the whole run. Plain values, safe to
// copy. What is secret of a header is not in here, only where it is to be found.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "model/notify_spec.h"

namespace livefix {

struct OtlpHeader {
  std::string name;    // "Authorization"
  std::string file{};  // absolute: its value is in there; or
  std::string env{};   // in this variable
};

struct OtlpSpec {
  WebAddress endpoint;  // its target: where traces are posted, "/v1/traces"
  std::vector<OtlpHeader> headers{};
  Milliseconds timeout{10'000};  // of a request
};

}  // namespace livefix
