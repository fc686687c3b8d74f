#include "cli/screen_text.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

TEST(ScreenText, IsAsWideAsItsCells) {
  EXPECT_EQ(screen_width(""), 0U);
  EXPECT_EQ(screen_width("abc"), 3U);
  EXPECT_EQ(screen_width("Grüße · x"), 9U);
  EXPECT_EQ(screen_width("漢字"), 4U);
  EXPECT_EQ(screen_width("e\xcc\x81"), 1U);  // e and an accent
  EXPECT_EQ(screen_width("\xff\xfe"), 2U);
}

TEST(ScreenText, IsFilledAndCut) {
  EXPECT_EQ(fitted("ab", 4), "ab  ");
  EXPECT_EQ(fitted("ab", 4, true), "  ab");
  EXPECT_EQ(fitted("abcd", 4), "abcd");
  EXPECT_EQ(fitted("abcde", 4), "abc…");
  EXPECT_EQ(fitted("abcde", 1), "…");
  EXPECT_EQ(fitted("abcde", 0), "");
  EXPECT_EQ(fitted("a\tb", 3), "a b");
  for (std::size_t width = 0; width < 8; ++width) {
    EXPECT_EQ(screen_width(fitted("a漢字bc字", width)), width) << "no half of a wide one";
  }
}

TEST(ScreenText, HasSomethingElseInAscii) {
  EXPECT_EQ(ascii_text("a · b → c … é 漢"), "a - b > c ~ ? ?");
  EXPECT_EQ(ascii_text("\xff"), "?");
}

}  // namespace
}  // namespace livefix::cli
