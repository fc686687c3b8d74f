// Times and sizes of the data plane that nobody sets (those that users set are in
// model/proxy_spec.h and model/traffic_spec.h). Tests shorten the times; docs/proxy.md lists them.
#pragma once

#include <cstddef>

#include "base/clock.h"

namespace livefix::proxy {

struct Limits {
  Milliseconds linger{2'000};  // from our FIN to the client's
  Milliseconds pong{20'000};   // from a ping of ours to whatever the client says
  Milliseconds connect{5'000};
  Milliseconds idle_backend{1'000};         // or earlier, see BackendPool
  Milliseconds idle_http2_backend{30'000};  // it says beforehand that it goes
  Milliseconds retry_interval{25};          // while a generation refuses connections
  Milliseconds accept_pause{50};            // after EMFILE
};

// Interim answers (1xx) of one request; a program that says more of them never gets to the point.
inline constexpr int kMaxInterimAnswers = 16;
inline constexpr std::size_t kMaxInterimBytes = 64 * 1024;

inline constexpr std::size_t kReadSize = 256 * 1024;
// A socket that never runs dry gives way to others after this many reads.
inline constexpr int kReadsInARow = 8;

}  // namespace livefix::proxy
