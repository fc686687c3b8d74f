#include "control/timeline_marks.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "base/utf8.h"

namespace livefix::control {
namespace {

constexpr std::size_t kMostMarks = 50;

// "7f3c2d1", or with artifacts "7f3c2d1-1f2e3d4c".
std::string mark_name(const ReleaseBook& book, const RolloutStory& story) {
  const ReleaseRecord* release = book.release(story.rollout.release);
  return release ? release->name : story.rollout.commit.substr(0, 7);
}

TimelineMark end_of(const RolloutStory& story, const std::string& name) {
  const WallTime at = story.began + story.took;
  const std::uint32_t id = story.rollout.id;
  if (story.is_rollback) return {at, "rollback", fmt::format("back to {}", name), id};
  if (story.outcome == "promoted") return {at, "promoted", fmt::format("{} live", name), id};
  if (story.outcome == "refused") return {at, "refused", fmt::format("{} refused", name), id};
  return {at, "taken_back", fmt::format("{} taken back", name), id};
}

}  // namespace

std::vector<TimelineMark> marks_of(const ReleaseBook& book, WallTime since) {
  std::vector<TimelineMark> marks;  // newest first
  for (const RolloutStory& story : book.stories() | std::views::reverse) {
    if (marks.size() >= kMostMarks || story.began + story.took < since) break;
    const std::string name = mark_name(book, story);
    if (!story.outcome.empty()) marks.push_back(end_of(story, name));
    if (story.is_rollback || story.outcome == "refused" || story.began < since) continue;
    marks.push_back({story.began, "push",
                     fmt::format("{} pushed by {}", name, valid_utf8(story.who)),
                     story.rollout.id});
  }
  std::ranges::reverse(marks);
  return marks;
}

}  // namespace livefix::control
