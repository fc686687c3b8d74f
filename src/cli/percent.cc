#include "cli/percent.h"

#include <charconv>
#include <cmath>

namespace livefix::cli {

Result<double> parse_percent(std::string_view text) {
  // Of "above the old one's", which may be said with a plus.
  const auto unsigned_text = text.substr(text.starts_with('+') ? 1 : 0);
  double value = 0;
  const auto [end, error] =
      std::from_chars(unsigned_text.data(), unsigned_text.data() + unsigned_text.size(), value,
                      std::chars_format::fixed);
  const auto unit = unsigned_text.substr(static_cast<std::size_t>(end - unsigned_text.data()));
  const bool is_number = error == std::errc{} && !std::signbit(value) && std::isfinite(value);
  if (is_number && unit.empty()) {
    return fail("\"{}\" has no percent sign; write \"{}%\"", text, text);
  }
  if (!is_number || unit != "%") return fail("\"{}\" is no percentage; write \"5%\"", text);
  return value;
}

}  // namespace livefix::cli
