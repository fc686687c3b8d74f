#include "cli/text_table.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

TEST(TextTable, IsAsWideAsItsWidestCellAndEndsWithoutBlanks) {
  const std::vector<TextColumn> columns{
      {.title = "NAME"}, {.title = "N", .is_number = true}, {.title = "STATE"}};
  const std::vector<TextRow> rows{{"a", "1,000", "up"}, {"longer", "7", ""}, {"", "", "down"}};
  EXPECT_EQ(text_table(columns, rows),
            "NAME        N  STATE\n"
            "a       1,000  up\n"
            "longer      7\n"
            "               down\n");
}

TEST(TextTable, MissingCellsAreEmptyAndHiddenColumnsAreNot) {
  const std::vector<TextColumn> columns{
      {.title = "A", .shown = false}, {.title = "B"}, {.title = "C"}};
  const std::vector<TextRow> rows{{"hidden", "one"}, {"hidden", "two", "2"}, {}};
  EXPECT_EQ(text_table(columns, rows), "B    C\none\ntwo  2\n\n");
}

}  // namespace
}  // namespace livefix::cli
