#include "base/address.h"

#include <gtest/gtest.h>

namespace livefix {
namespace {

TEST(Address, PrintsAsPeopleWriteIt) {
  EXPECT_EQ(Address::ipv4(127, 0, 0, 1, 80).to_string(), "127.0.0.1:80");
  EXPECT_EQ(Address::any_ipv6(3000).to_string(), "[::]:3000");
  EXPECT_EQ(Address::ipv4(10, 1, 2, 3, 5).mapped_to_ipv6().to_string(), "10.1.2.3:5");
}

TEST(Address, KnowsTheWildcardInEachSpelling) {
  EXPECT_TRUE(Address::any_ipv4(1).is_any());
  EXPECT_TRUE(Address::any_ipv6(1).is_any());
  EXPECT_TRUE(Address::any_ipv4(1).mapped_to_ipv6().is_any());
  EXPECT_FALSE(Address::ipv4(0, 0, 0, 1, 1).is_any());
  EXPECT_FALSE(Address::parse_ip("::1", 1)->is_any());
}

TEST(Address, KnowsLoopbackInEachSpelling) {
  EXPECT_TRUE(Address::ipv4(127, 9, 9, 9, 1).is_loopback());
  EXPECT_TRUE(Address::ipv4(127, 9, 9, 9, 1).mapped_to_ipv6().is_loopback());
  EXPECT_TRUE(Address::parse_ip("::1", 1)->is_loopback());
  EXPECT_FALSE(Address::any_ipv6(1).is_loopback());
}

TEST(Address, RefusesWhatIsNoAddress) {
  EXPECT_FALSE(Address::parse_ip("localhost", 1));
  EXPECT_FALSE(Address::parse_ip("1.2.3.4.5", 1));
  EXPECT_FALSE(Address::parse_ip("", 1));
  EXPECT_FALSE(Address::parse_ip(std::string_view("1.2.3.4\0.5", 10), 1));
  EXPECT_FALSE(Address::parse_ip("1111:2222:3333:4444:5555:6666:7777:8888:9999:0000", 1));
}

TEST(Address, TakesTheLongestSpelling) {
  EXPECT_TRUE(Address::parse_ip("1111:2222:3333:4444:5555:6666:123.123.123.123", 1));
}

TEST(Address, IsReadWithItsPort) {
  for (const auto* text : {"0.0.0.0:8080", "1.2.3.4:0", "[::]:443", "[2001:db8::1]:65535"}) {
    const auto address = Address::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
  for (const auto* text :
       {"", ":", ":80", "80", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.4:-1", "1.2.3.4:8x",
        "1.2.3.4: 8", "::1:80", "[::1]", "[::1]80", "[1.2.3.4]:80", "[]:80", "localhost:80"}) {
    EXPECT_FALSE(Address::parse(text)) << text;
  }
}

}  // namespace
}  // namespace livefix
