#include "control/line_assembler.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

using Lines = std::vector<std::string>;

TEST(LineAssembler, CutsAtNewlines) {
  LineAssembler assembler;
  EXPECT_EQ(assembler.feed("one\ntw"), Lines{"one"});
  EXPECT_EQ(assembler.rest(), "tw");
  EXPECT_EQ(assembler.feed("o\n\nthree"), (Lines{"two", ""}));
  EXPECT_EQ(assembler.take_rest(), "three");
  EXPECT_EQ(assembler.rest(), "");
}

TEST(LineAssembler, KeepsEveryOtherByte) {
  LineAssembler assembler;
  const std::string bytes("\0\xff\r\x1b[1m", 7);
  EXPECT_EQ(assembler.feed(bytes + "\n"), Lines{bytes});
}

TEST(LineAssembler, CutsWhatIsTooLong) {
  LineAssembler assembler;
  const std::string most(LineAssembler::kMaxLine, 'x');
  EXPECT_EQ(assembler.feed(most + "\n"), Lines{most}) << "the longest line is whole";
  const Lines pieces = assembler.feed(most + most + "yz\n");
  ASSERT_EQ(pieces.size(), 3U);
  EXPECT_EQ(pieces[0] + pieces[1] + pieces[2], most + most + "yz");
  for (int i = 0; i < 100'000; ++i) {
    assembler.feed("0123456789");
    ASSERT_LE(assembler.rest().size(), LineAssembler::kMaxLine);
  }
}

}  // namespace
}  // namespace livefix::control
