// What `livefix push` came to, for people and for programs (docs/ci.md). Pure but for print().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cli/git_push.h"

namespace livefix::cli {

inline constexpr int kNotLive = 1;
inline constexpr int kNotReached = 3;

struct PushReport {
  bool ok = false;
  std::string commit;
  // As livefix says it ("promoted", "taken_back", "refused", "stored", "unchanged"), and of what it
  // knows nothing: "unreachable", "broken_off".
  std::string outcome;
  std::string gate{};
  std::string message{};
  Milliseconds took{};
  std::vector<std::string> lines{};  // what was told meanwhile

  int exit_status() const;
  std::string json() const;
};

// Of a push by Git; `lines` are those that it told.
PushReport report_of(const GitPushEnd& end, std::string commit, std::vector<std::string> lines);

}  // namespace livefix::cli
