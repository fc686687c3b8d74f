// Recorded requests that were sent again, as the control API tells of them and a person reads them
// (docs/replay.md). What is in them came from strangers: nothing of it may act on the terminal.
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace livefix::cli {

struct ReplayedRequest {
  std::int64_t id = 0;
  std::string method;  // empty: it is not kept
  std::string target;
  std::int64_t before = 0;  // status
  std::string now;          // "200", "closed"; empty: it was not sent
  std::string outcome;      // "fixed"
  std::string text;         // "TypeError gone"
  std::string exchange;     // JSON of the whole, as of a recorded request; empty: not asked for
};

struct ReplayTotals {
  std::int64_t sent = 0;
  std::int64_t not_sent = 0;
  std::int64_t failing = 0;
};

// Nothing was sent.
struct ReplayRefusal {
  std::string message;
};

using ReplayLine = std::variant<ReplayedRequest, ReplayTotals, ReplayRefusal>;

Result<ReplayLine> parse_replay_line(std::string_view json);

// "17  POST /checkout  500 → 200   TypeError gone"
std::string replayed_text(const ReplayedRequest& request);

}  // namespace livefix::cli
