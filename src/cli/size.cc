#include "cli/size.h"

#include <array>
#include <charconv>
#include <cmath>

namespace livefix::cli {
namespace {

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array kSizeUnits = {SizeUnit{"GiB", 1ULL << 30}, SizeUnit{"MiB", 1ULL << 20},
                                   SizeUnit{"KiB", 1ULL << 10}, SizeUnit{"MB", 1'000'000},
                                   SizeUnit{"kB", 1'000},       SizeUnit{"B", 1}};
constexpr double kLargestSize = 1024.0 * 1024.0 * 1024.0 * 1024.0;

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || std::signbit(value) || !std::isfinite(value)) {
    return fail("\"{}\" is no size; write \"64KiB\" or \"1MiB\"", text);
  }
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (unit.empty() && text == "0") return 0;
  if (unit.empty()) return fail("\"{}\" has no unit; write \"{}KiB\" or \"{}B\"", text, text, text);
  for (const auto& known : kSizeUnits) {
    if (unit != known.name) continue;
    const double bytes = value * static_cast<double>(known.bytes);
    if (bytes > kLargestSize) return fail("\"{}\" is more than 1024GiB", text);
    return static_cast<std::uint64_t>(std::llround(bytes));
  }
  return fail("\"{}\" has the unknown unit \"{}\"; the units are B, kB, MB, KiB, MiB and GiB", text,
              unit);
}

std::string describe_size(std::uint64_t bytes) {
  for (const auto& unit : kSizeUnits) {
    const bool is_binary = unit.name.find('i') != std::string_view::npos;
    if (is_binary && bytes >= unit.bytes && bytes % unit.bytes == 0) {
      return fmt::format("{}{}", bytes / unit.bytes, unit.name);
    }
  }
  return fmt::format("{}B", bytes);
}

}  // namespace livefix::cli
