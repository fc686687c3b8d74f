#include "watch/burst.h"

#include <algorithm>
#include <utility>

namespace livefix::watch {

void Burst::happened(TimePoint now) {
  if (!under_way()) first_ = now;
  last_ = now;
  settling_ = false;
}

void Burst::touch(std::string path, TimePoint now) {
  happened(now);
  being_written_.erase(path);
  paths_.insert(std::move(path));
}

void Burst::opened(const std::string& path, TimePoint now) {
  happened(now);
  paths_.insert(path);
  being_written_.insert(path);
}

void Burst::closed_below(std::string_view directory) {
  std::erase_if(being_written_, [&](const std::string& path) {
    return directory.empty() || (path.starts_with(directory) && path[directory.size()] == '/');
  });
}

std::optional<TimePoint> Burst::due() const {
  if (!under_way()) return std::nullopt;
  const auto latest = first_ + kLongest;
  if (!being_written_.empty()) return latest;
  auto quiet = paths_.size() > 1 ? kQuietMany : kQuietOne;
  if (settling_) quiet += kSettle;
  return std::min(last_ + quiet, latest);
}

bool Burst::settle(TimePoint now) {
  if (settling_) return false;
  settling_ = true;
  return now < *due();
}

std::set<std::string> Burst::take() {
  being_written_.clear();
  settling_ = false;
  return std::exchange(paths_, {});
}

}  // namespace livefix::watch
