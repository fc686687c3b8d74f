// Which rollout, or which release, somebody means by a word: the number that `livefix history`
// shows, or the beginning of a commit. Pure.
#pragma once

#include <string_view>

#include "base/result.h"
#include "control/release_book.h"

namespace livefix::control {

// Of a commit. Shorter ones are numbers of rollouts alone.
inline constexpr std::size_t kFewestCommitDigits = 4;

// The rollout of that number; else the last one of a commit that begins so. nullptr: there is none.
const RolloutStory* find_story(const ReleaseBook& book, std::string_view word);

// What there is a way back to: the release of that rollout, or the one whose commit begins so, with
// artifacts "7f3c2d1-1f2e". The error is a sentence: it is not known, never went live, or may be
// one of several.
Result<ReleaseRecord> find_release(const ReleaseBook& book, std::string_view word);

}  // namespace livefix::control
