// The lines that `livefix top` shows of its model, for a screen of a size. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cli/top_model.h"

namespace livefix::cli {

enum class TopStyle : std::uint8_t { plain, title, faint, good, warning, bad, chosen };

struct TopSpan {
  std::string text;
  TopStyle style = TopStyle::plain;
};
using TopLine = std::vector<TopSpan>;

struct TopSize {
  std::size_t rows = 24;
  std::size_t columns = 80;
};

// As many lines as there are rows, none wider than the columns. Without `utf8` all is ASCII.
std::vector<TopLine> top_lines(const TopModel& model, TopSize size, bool utf8);

// A character for each, the highest for the largest of them; blank: nothing.
std::string sparkline(std::span<const double> values, bool utf8);

// "0", "3.1", "480", "7,800", "120k": six characters at most.
std::string rate_figure(double rate);

}  // namespace livefix::cli
