#include "proxy/spill.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace livefix::proxy {
namespace {

TEST(Spill, GivesBackWhatWasPutIn) {
  Spill spill;
  EXPECT_TRUE(spill.empty());
  spill.append("abc");
  spill.append("def");
  spill.drop_front(2);
  EXPECT_EQ(spill.view(), "cdef");
  spill.append("gh");
  EXPECT_EQ(spill.view(), "cdefgh");
  spill.drop_front(6);
  EXPECT_TRUE(spill.empty());
}

TEST(Spill, StaysSmallWhenItIsNeverEmpty) {
  Spill spill;
  spill.append("x");
  std::uintptr_t lowest = ~std::uintptr_t{0};
  std::uintptr_t highest = 0;
  const std::string piece(1000, 'p');
  for (int i = 0; i < 100'000; ++i) {
    spill.append(piece);
    ASSERT_EQ(spill.size(), 1001U);
    spill.drop_front(1000);
    const auto at = reinterpret_cast<std::uintptr_t>(spill.data());
    lowest = std::min(lowest, at);
    highest = std::max(highest, at);
  }
  // Whether its memory moves or not, 100 MB went through and never more than two pieces were in it.
  EXPECT_LT(highest - lowest, std::uintptr_t{1} << 20);
}

}  // namespace
}  // namespace livefix::proxy
