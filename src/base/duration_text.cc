#include "base/duration_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace livefix {
namespace {

std::string pair_text(std::int64_t value, std::int64_t each, std::string_view big,
                      std::string_view small) {
  if (value % each == 0) return fmt::format("{} {}", value / each, big);
  return fmt::format("{} {} {} {}", value / each, big, value % each, small);
}

}  // namespace

std::string two_digits(double value) {
  if (value <= 0.0) return "0";
  const int digits = 1 - static_cast<int>(std::floor(std::log10(value)));
  std::string text = fmt::format("{:.{}f}", value, std::clamp(digits, 0, 6));
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::string duration_text(std::chrono::microseconds time) {
  const std::int64_t us = time.count();
  if (us <= 0) return "0 ms";
  if (us < 1'000) return fmt::format("{} us", us);
  if (us < 1'000'000) return two_digits(static_cast<double>(us) / 1e3) + " ms";
  if (us < 10'000'000) return two_digits(static_cast<double>(us) / 1e6) + " s";
  const std::int64_t seconds = us / 1'000'000;
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3'600) return pair_text(seconds, 60, "min", "s");
  return pair_text(seconds / 60, 60, "h", "min");
}

}  // namespace livefix
