// `git push` as a program that is watched: what livefix says through it as it says it, and how it
// ended. Blocks.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "cli/push_target.h"
#include "model/artifact.h"

namespace livefix::cli {

struct GitPush {
  PushTarget target;
  std::string refspec;  // "COMMIT:refs/heads/main"
  Artifacts artifacts{};
  Milliseconds timeout{};
  std::function<void(std::string_view line)> on_line{};  // what livefix says
};

// What livefix decided, as its hook tells programs (model/push_words.h).
struct ToldVerdict {
  bool ok = false;
  std::string outcome;
  std::string gate;
  std::string message;
};

struct GitPushEnd {
  enum class Reason { exited, timed_out, interrupted };
  Reason reason = Reason::exited;
  int exit_status = 0;
  bool is_shallow = false;  // the checkout: a part of its history is not there
  std::optional<ToldVerdict> verdict{};
  std::vector<std::string> git_lines{};  // Git's own
};

// The push ends with this process, also where that is killed, and after the timeout: then livefix
// takes the rollout back. The error is that Git cannot be started.
//
// The token goes to Git in its environment, which others cannot read as they can its arguments
// (Git 2.31), and to no other server.
Result<GitPushEnd> push_with_git(const GitPush& push);

// For tests: a line of Git's standard error.
struct GitLine {
  enum class Kind { verdict, livefix, git };
  Kind kind = Kind::git;
  std::string text;
};
GitLine parse_git_line(std::string_view line);
std::optional<ToldVerdict> parse_told_verdict(std::string_view text);

}  // namespace livefix::cli
