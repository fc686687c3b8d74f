#include "base/network.h"

#include <gtest/gtest.h>

namespace livefix {
namespace {

bool contains(std::string_view network, std::string_view ip) {
  return Network::parse(network).value().contains(Address::parse_ip(ip, 4711).value());
}

std::string refusal(std::string_view text) {
  const auto network = Network::parse(text);
  return network ? "accepted" : network.error().message;
}

TEST(Network, HoldsTheAddressesOfItsPrefix) {
  EXPECT_TRUE(contains("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.0"));
  EXPECT_TRUE(contains("172.16.0.0/12", "172.31.255.255"));
  EXPECT_FALSE(contains("172.16.0.0/12", "172.32.0.0"));
  EXPECT_TRUE(contains("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(contains("192.0.2.1/32", "192.0.2.2"));
  EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
  EXPECT_TRUE(contains("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(contains("::/0", "::1"));
  EXPECT_FALSE(contains("::/0", "10.0.0.1"));
  EXPECT_FALSE(contains("0.0.0.0/0", "::1"));
}

TEST(Network, TakesMappedAddressesForIPv4) {
  EXPECT_TRUE(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_FALSE(contains("::/0", "::ffff:10.1.2.3"));
  EXPECT_TRUE(contains("::ffff:10.0.0.0/104", "10.1.2.3"));
  EXPECT_EQ(Network::parse("::ffff:10.0.0.0/104")->to_string(), "10.0.0.0/8");
  EXPECT_EQ(Network::parse("::ffff:10.0.0.1")->to_string(), "10.0.0.1/32");
}

TEST(Network, PrintsAsItIsWritten) {
  EXPECT_EQ(Network::parse("10.0.0.0/8")->to_string(), "10.0.0.0/8");
  EXPECT_EQ(Network::parse("2001:DB8::/32")->to_string(), "2001:db8::/32");
  EXPECT_EQ(Network::parse("::1")->to_string(), "::1/128");
}

TEST(Network, IsRefusedWithASentence) {
  for (const auto* text :
       {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10/8", "::/129",
        "localhost/8", "10.0.0.0/8/8", "[::1]/128", "10.0.0.0/99999999999999999999"}) {
    EXPECT_EQ(refusal(text),
              fmt::format("\"{}\" is no network; write \"10.0.0.0/8\" or \"2001:db8::/32\"", text));
  }
  EXPECT_EQ(refusal("10.1.2.3/8"),
            "\"10.1.2.3/8\" has bits beyond its prefix; write \"10.0.0.0/8\"");
  EXPECT_EQ(refusal("2001:db8::1/32"),
            "\"2001:db8::1/32\" has bits beyond its prefix; write \"2001:db8::/32\"");
}

}  // namespace
}  // namespace livefix
