#include "control/release_choice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>
#include <string>
#include <vector>

#include "control/query_words.h"

namespace livefix::control {
namespace {

// "7f3c2d1", and with artifacts "7f3c2d1-1f2e3d4c": the beginning of each part will do.
bool is_meant(const ReleaseRecord& release, std::string_view word) {
  const auto dash = std::min(word.find('-'), word.size());
  if (!release.commit.starts_with(word.substr(0, dash))) return false;
  return dash == word.size() || release.name.find(word.substr(dash)) != std::string::npos;
}

const RolloutStory* numbered_story(const ReleaseBook& book, std::string_view word) {
  const auto number = number_in<std::uint32_t>(word);
  return number ? book.story(*number) : nullptr;
}

Result<ReleaseRecord> release_of_story(const ReleaseBook& book, const RolloutStory& story) {
  const std::uint32_t id = story.rollout.id;
  if (story.outcome.empty()) {
    return fail("rollout {} is under way and not live yet; livefix abort ends it", id);
  }
  const ReleaseRecord* release =
      story.outcome == "promoted" ? book.release(story.rollout.release) : nullptr;
  if (release) return *release;
  return fail(
      "rollout {} was {} and never live, so there is no way back to it; push its commit "
      "again, so that it is judged",
      id, story.outcome == "taken_back" ? "taken back" : story.outcome);
}

}  // namespace

const RolloutStory* find_story(const ReleaseBook& book, std::string_view word) {
  if (const RolloutStory* story = numbered_story(book, word)) return story;
  if (word.size() < kFewestCommitDigits) return nullptr;
  for (const RolloutStory& one : book.stories() | std::views::reverse) {
    if (one.rollout.commit.starts_with(word)) return &one;
  }
  return nullptr;
}

Result<ReleaseRecord> find_release(const ReleaseBook& book, std::string_view word) {
  if (const RolloutStory* story = numbered_story(book, word)) return release_of_story(book, *story);
  if (std::min(word.find('-'), word.size()) < kFewestCommitDigits) {
    return fail(
        "there is no rollout {0}, and a commit has at least {1} digits; livefix history "
        "lists both",
        word, kFewestCommitDigits);
  }
  std::vector<const ReleaseRecord*> found;
  for (const ReleaseRecord& one : book.releases() | std::views::values) {
    if (is_meant(one, word)) found.push_back(&one);
  }
  if (found.empty()) {
    return fail("no release of {} is known here; livefix history lists them", word);
  }
  std::erase_if(found, [&](const ReleaseRecord* one) { return !book.was_live(one->number); });
  if (found.empty()) {
    return fail("{} was never live, and there is no way back to it; push it, so that it is judged",
                word);
  }
  if (found.size() == 1) return *found.front();
  std::vector<std::string> names;
  for (const ReleaseRecord* one : found) names.push_back(one->name);
  return fail("{} may be one of {}; write more of it", word, fmt::join(names, ", "));
}

}  // namespace livefix::control
