#include "base/figures.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "base/duration_text.h"

namespace livefix {

std::string percent_text(double share) {
  return two_digits(share * 100.0) + " %";
}

std::string count_text(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < kUnits.size(); ++unit) value /= 1'000.0;
  return fmt::format("{} {}", two_digits(value), kUnits[unit]);
}

}  // namespace livefix
