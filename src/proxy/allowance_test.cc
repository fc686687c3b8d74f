#include "proxy/allowance.h"

#include <gtest/gtest.h>

namespace livefix::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

int taken(Allowance& allowance, TimePoint now) {
  int count = 0;
  while (count < 1000 && allowance.take(now)) ++count;
  return count;
}

TEST(Allowance, IsThereAtOnceAndComesBackWithTime) {
  const TimePoint start{seconds{100}};
  Allowance allowance({.at_once = 5, .a_second = 2}, start);
  EXPECT_EQ(taken(allowance, start), 5);
  EXPECT_EQ(taken(allowance, start + milliseconds{999}), 0);
  EXPECT_EQ(taken(allowance, start + milliseconds{1500}), 2);
  EXPECT_EQ(taken(allowance, start + milliseconds{2000}), 2) << "parts of a second are not lost";
  EXPECT_EQ(taken(allowance, start + seconds{1000}), 5) << "and it is never more than at once";
  allowance.refill();
  EXPECT_EQ(taken(allowance, start + seconds{1000}), 5);
}

}  // namespace
}  // namespace livefix::proxy
