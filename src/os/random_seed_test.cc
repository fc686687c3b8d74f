#include "os/random_seed.h"

#include <gtest/gtest.h>

namespace livefix::os {
namespace {

TEST(RandomSeed, IsNeverTheSameAgain) {
  const auto first = random_seed();
  const auto second = random_seed();
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
  EXPECT_NE((*first)[0], (*first)[1]);
}

}  // namespace
}  // namespace livefix::os
