#include "base/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace livefix {
namespace {

// 12, 3.1, 0.05, without zeros at the end.
std::string two_digits(double value) {
  if (value <= 0.0) return "0";
  const int digits = 1 - static_cast<int>(std::floor(std::log10(value)));
  std::string text = fmt::format("{:.{}f}", value, std::clamp(digits, 0, 6));
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string pair_text(std::int64_t value, std::int64_t each, std::string_view big,
                      std::string_view small) {
  if (value % each == 0) return fmt::format("{} {}", value / each, big);
  return fmt::format("{} {} {} {}", value / each, big, value % each, small);
}

}  // namespace

std::string percent_text(double share) {
  return two_digits(share * 100.0) + " %";
}

std::string count_text(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string time_text(std::chrono::microseconds time) {
  const std::int64_t us = std::max<std::int64_t>(time.count(), 0);
  if (us < 1'000) return fmt::format("{} us", us);
  if (us < 1'000'000) return two_digits(static_cast<double>(us) / 1e3) + " ms";
  if (us < 10'000'000) return two_digits(static_cast<double>(us) / 1e6) + " s";
  const std::int64_t seconds = us / 1'000'000;
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3'600) return pair_text(seconds, 60, "min", "s");
  return pair_text(seconds / 60, 60, "h", "min");
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < kUnits.size(); ++unit) value /= 1'000.0;
  return fmt::format("{} {}", two_digits(value), kUnits[unit]);
}

}  // namespace livefix
