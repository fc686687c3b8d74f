#include "cli/terminal_text.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

TEST(TerminalText, KeepsLinesApartAndEachHarmless) {
  EXPECT_EQ(terminal_lines("one\r\n\x1b]0;t\x07two\n"), "one\n^[]0;t^Gtwo\n");
  EXPECT_EQ(terminal_lines("\x1b[31mred\nplain", Colours::kept), "\x1b[31mred\x1b[0m\nplain");
  EXPECT_EQ(terminal_lines(""), "");
}

TEST(TerminalText, LeavesTextAlone) {
  EXPECT_EQ(terminal_text(""), "");
  EXPECT_EQ(terminal_text("a\tb  ä €"), "a\tb  ä €");
}

TEST(TerminalText, ShowsControlCharacters) {
  EXPECT_EQ(terminal_text("\x1b]0;title\x07"), "^[]0;title^G");
  EXPECT_EQ(terminal_text(std::string_view("a\0b\r\x7f", 5)), "a^@b^M^?");
  EXPECT_EQ(terminal_text("\xc2\x9b"
                          "31m"),
            "<U+009B>31m");
}

TEST(TerminalText, ShowsWhatTurnsTheDirectionOfWriting) {
  EXPECT_EQ(terminal_text("if admin \xe2\x80\xae"), "if admin <U+202E>");
  EXPECT_EQ(terminal_text("\xe2\x81\xa6x"), "<U+2066>x");
}

TEST(TerminalText, RepairsWhatIsNoUtf8) {
  EXPECT_EQ(terminal_text("a\xff\xc3"), "a\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(TerminalText, KeepsColoursWhereAskedAndEndsThem) {
  EXPECT_EQ(terminal_text("\x1b[1;31mred", Colours::kept), "\x1b[1;31mred\x1b[0m");
  EXPECT_EQ(terminal_text("\x1b[31mred", Colours::harmless), "^[[31mred");
  EXPECT_EQ(terminal_text("\x1b[2Jgone", Colours::kept), "^[[2Jgone");
  EXPECT_EQ(terminal_text("\x1b[31", Colours::kept), "^[[31");
  EXPECT_EQ(terminal_text("\x1b[" + std::string(100, '1') + "m", Colours::kept).substr(0, 3),
            "^[[");
}

TEST(TerminalPatch, HasTheColoursOfGit) {
  EXPECT_EQ(terminal_patch("--- a/x\n@@ -1 +1 @@\n-old\n+new\n same\n", true),
            "\x1b[1m--- a/x\x1b[0m\n\x1b[36m@@ -1 +1 @@\x1b[0m\n\x1b[31m-old\x1b[0m\n"
            "\x1b[32m+new\x1b[0m\n same\n");
}

TEST(TerminalPatch, IsHarmlessWithAndWithoutColour) {
  EXPECT_EQ(terminal_patch("+\x1b[2J\r\n", false), "+^[[2J^M\n");
  EXPECT_EQ(terminal_patch("+\x1b[31mred", true), "\x1b[32m+^[[31mred\x1b[0m\n");
}

}  // namespace
}  // namespace livefix::cli
