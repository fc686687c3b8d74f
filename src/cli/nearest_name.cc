#include "cli/nearest_name.h"

#include <algorithm>
#include <vector>

namespace livefix::cli {

// The restricted Damerau-Levenshtein distance, row by row.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> two_up(b.size() + 1);
  std::vector<std::size_t> up(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) up[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = up[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({up[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], two_up[j - 2] + 1);
      }
    }
    std::swap(two_up, up);
    std::swap(up, row);
  }
  return up[b.size()];
}

std::optional<std::string> nearest_name(std::string_view typed,
                                        std::span<const std::string> names) {
  const std::size_t allowed = typed.size() < 5 ? 1 : typed.size() < 9 ? 2 : 3;
  const std::string* best = nullptr;
  std::size_t best_rank = 2 * allowed + 2;
  for (const auto& name : names) {
    if (name == typed || name.empty()) continue;
    const auto longer = std::max(name.size(), typed.size());
    if (longer - std::min(name.size(), typed.size()) > allowed) continue;
    const auto distance = edit_distance(typed, name);
    if (distance > allowed || distance >= longer) continue;
    const auto rank = 2 * distance + (typed.front() == name.front() ? 0 : 1);
    if (rank < best_rank) {
      best = &name;
      best_rank = rank;
    }
  }
  if (!best) return std::nullopt;
  return *best;
}

}  // namespace livefix::cli
