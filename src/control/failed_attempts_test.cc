#include "control/failed_attempts.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart = TimePoint() + 1h;
const Address kClient = Address::ipv4(192, 0, 2, 1, 5000);

TEST(FailedAttempts, AreLimitedPerAddressAndMinute) {
  FailedAttempts attempts(2);
  EXPECT_TRUE(attempts.add(kClient, kStart));
  EXPECT_TRUE(attempts.add(Address::ipv4(192, 0, 2, 1, 6000), kStart + 30s));
  EXPECT_FALSE(attempts.add(kClient, kStart + 59s));
  EXPECT_TRUE(attempts.add(Address::ipv4(192, 0, 2, 2, 5000), kStart + 59s));
  EXPECT_TRUE(attempts.add(kClient, kStart + 60s));
}

TEST(FailedAttempts, CountAMappedAddressAsItself) {
  FailedAttempts attempts(1);
  EXPECT_TRUE(attempts.add(kClient, kStart));
  EXPECT_FALSE(attempts.add(kClient.mapped_to_ipv6(), kStart));
}

TEST(FailedAttempts, CountANetworkOfIpv6AsOneClient) {
  FailedAttempts attempts(1);
  EXPECT_TRUE(attempts.add(*Address::parse_ip("2001:db8::1", 1), kStart));
  EXPECT_FALSE(attempts.add(*Address::parse_ip("2001:db8::2", 1), kStart));
  EXPECT_TRUE(attempts.add(*Address::parse_ip("2001:db8:0:1::1", 1), kStart));
}

TEST(FailedAttempts, TakeBoundedMemory) {
  FailedAttempts attempts(1);
  int taken = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto low = static_cast<std::uint8_t>(i % 256);
    const auto high = static_cast<std::uint8_t>(i / 256);
    if (attempts.add(Address::ipv4(10, 0, high, low, 1), kStart)) ++taken;
  }
  EXPECT_EQ(taken, 4096);
  EXPECT_TRUE(attempts.add(Address::ipv4(10, 1, 0, 0, 1), kStart + 1min));
}

}  // namespace
}  // namespace livefix::control
