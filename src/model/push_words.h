// What `livefix push`, the hook that Git calls and control say to each other through Git
// (docs/releases.md).
#pragma once

#include <string_view>

namespace livefix {

// Push options. An artifact is PATH:SHA256; with the other one the hook writes its verdict also as
// a line for programs: the prefix, and the JSON of control's answer.
inline constexpr std::string_view kArtifactOption = "livefix.artifact=";
inline constexpr std::string_view kVerdictOption = "livefix.verdict=json";
inline constexpr std::string_view kVerdictPrefix = "livefix-verdict ";

// Git has nothing to push where a branch is at a commit already, and calls no hook. A new ref of
// this prefix, which is for nothing else and goes when its push is over, asks for a rollout then.
inline constexpr std::string_view kRepeatPrefix = "refs/rollout/";

}  // namespace livefix
