#include "observe/symptom.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/figures.h"
#include "model/grpc_status.h"

namespace livefix::observe {

ReleaseCount& ReleaseCounts::add(std::string_view release, std::uint64_t count) {
  const auto found = std::ranges::find(releases, release, &ReleaseCount::release);
  if (found == releases.end()) {
    if (releases.size() == kMaxReleases) releases.erase(releases.begin());
    releases.push_back({std::string(release), 0});
  } else {
    std::rotate(found, found + 1, releases.end());
  }
  releases.back().count += count;
  return releases.back();
}

std::uint64_t ReleaseCounts::of(std::string_view release) const {
  const auto found = std::ranges::find(releases, release, &ReleaseCount::release);
  return found == releases.end() ? 0 : found->count;
}

std::uint64_t ReleaseCounts::last(std::string_view release, WallTime now,
                                  std::uint32_t minutes) const {
  const auto found = std::ranges::find(releases, release, &ReleaseCount::release);
  return found == releases.end() ? 0 : found->minutes.last(now, minutes);
}

std::uint64_t ReleaseCounts::last(WallTime now, std::uint32_t minutes) const {
  std::uint64_t sum = 0;
  for (const ReleaseCount& one : releases) sum += one.minutes.last(now, minutes);
  return sum;
}

std::string name_of(const SymptomKey& key) {
  std::string name = key.method;
  const auto add = [&name](const std::string& part) {
    if (!part.empty()) name += (name.empty() ? "" : " ") + part;
  };
  add(key.route);
  if (key.status != 0) add(status_text(key.status));
  add(key.cause);
  return name;
}

std::string phrase(const Symptom& symptom, WallTime now,
                   const std::optional<proportion::Share>& recent) {
  std::string text = name_of(symptom.key);
  if (!symptom.key.error.empty()) text += fmt::format(" · {}", symptom.key.error);
  text += fmt::format(" · {} in {} m", count_text(symptom.minutes.last(now, kRecentMinutes)),
                      kRecentMinutes);
  if (recent && recent->of > 0) text += fmt::format(" · {}", percent_text(recent->value()));
  if (!symptom.brought_by.empty()) {
    text += fmt::format(" · since release {}", symptom.brought_by);
  }
  return text;
}

}  // namespace livefix::observe
