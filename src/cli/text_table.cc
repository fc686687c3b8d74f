#include "cli/text_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace livefix::cli {

std::string text_table(std::span<const TextColumn> columns, std::span<const TextRow> rows) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::size_t width = columns[i].title.size();
    for (const TextRow& row : rows) width = std::max(width, i < row.size() ? row[i].size() : 0);
    widths.push_back(width);
  }
  std::string table;
  const auto add_line = [&](auto&& cell) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (!columns[i].shown) continue;
      if (!line.empty()) line += "  ";
      line += columns[i].is_number ? fmt::format("{:>{}}", cell(i), widths[i])
                                   : fmt::format("{:<{}}", cell(i), widths[i]);
    }
    line.resize(line.find_last_not_of(' ') + 1);
    table += line + '\n';
  };
  add_line([&](std::size_t i) { return columns[i].title; });
  for (const TextRow& row : rows) {
    add_line([&](std::size_t i) { return i < row.size() ? std::string_view(row[i]) : ""; });
  }
  return table;
}

}  // namespace livefix::cli
