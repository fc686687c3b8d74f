#include "cli/duration.h"

#include <array>
#include <charconv>
#include <cmath>

namespace livefix::cli {
namespace {

struct TimeUnit {
  std::string_view name;
  double milliseconds;
};
constexpr std::array kTimeUnits = {TimeUnit{"ms", 1}, TimeUnit{"s", 1000}, TimeUnit{"m", 60'000},
                                   TimeUnit{"h", 3'600'000}};
constexpr double kLongestDuration = 24 * 3'600'000.0;

}  // namespace

Result<Milliseconds> parse_duration(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || std::signbit(value) || !std::isfinite(value)) {
    return fail("\"{}\" is no duration; write \"5s\" or \"500ms\"", text);
  }
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.empty()) {
    return fail("\"{}\" has no unit; write \"{}s\" or \"500ms\"", text, text);
  }
  for (const auto& known : kTimeUnits) {
    if (unit != known.name) continue;
    const double milliseconds = value * known.milliseconds;
    if (milliseconds > kLongestDuration) return fail("\"{}\" is longer than a day", text);
    return Milliseconds{std::llround(milliseconds)};
  }
  return fail("\"{}\" has the unknown unit \"{}\"; the units are ms, s, m and h", text, unit);
}

std::string describe_age(Milliseconds age) {
  const auto seconds = std::max<std::int64_t>(0, age.count() / 1000);
  const auto minutes = seconds / 60;
  const auto hours = minutes / 60;
  if (minutes == 0) return fmt::format("{}s", seconds);
  if (hours == 0) return fmt::format("{}m {:02}s", minutes, seconds % 60);
  if (hours < 24) return fmt::format("{}h {:02}m", hours, minutes % 60);
  return fmt::format("{}d {}h", hours / 24, hours % 24);
}

}  // namespace livefix::cli
