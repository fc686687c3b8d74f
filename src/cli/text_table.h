// Columns of words and figures for people. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace livefix::cli {

struct TextColumn {
  std::string_view title;
  bool is_number = false;  // stands at the right
  bool shown = true;
};

// A cell for each column; those that are missing at the end are empty.
using TextRow = std::vector<std::string>;

// A line for the titles and one for each row, without blanks at their ends.
std::string text_table(std::span<const TextColumn> columns, std::span<const TextRow> rows);

}  // namespace livefix::cli
