#include "proxy/client_census.h"

#include <gtest/gtest.h>

#include <vector>

namespace livefix::proxy {
namespace {

using Standing = ClientCensus::Standing;

Address ip(std::string_view text) {
  return *Address::parse_ip(text, 1234);
}

TEST(ClientCensus, AdmitsSoManyAndOthersWhenTheyHaveGone) {
  ClientCensus census(2, 0);
  auto first = census.admit();
  auto second = census.admit();
  EXPECT_TRUE(first && second);
  EXPECT_FALSE(census.admit());
  EXPECT_FALSE(census.admit()) << "who was not admitted counts no more";
  first.reset();
  EXPECT_TRUE(census.admit());
}

TEST(ClientCensus, CountsEachClientByItself) {
  ClientCensus census(0, 1);
  auto first = census.admit();
  auto second = census.admit();
  auto third = census.admit();
  auto other = census.admit();
  EXPECT_EQ(first->claim(ip("192.0.2.1")), Standing::welcome);
  EXPECT_EQ(other->claim(ip("192.0.2.2")), Standing::welcome);
  EXPECT_EQ(second->claim(ip("192.0.2.1")), Standing::one_too_many);
  EXPECT_EQ(third->claim(ip("192.0.2.1")), Standing::far_too_many);
  for (auto* ticket : {&first, &second, &third}) ticket->reset();
  auto again = census.admit();
  EXPECT_EQ(again->claim(ip("192.0.2.1")), Standing::welcome);
}

TEST(ClientCensus, OneClientHasANetworkOfIpv6AndOneAddressOfIpv4HoweverItIsSpelt) {
  ClientCensus census(0, 1);
  std::vector<std::unique_ptr<ClientCensus::Ticket>> tickets;
  const auto claim = [&](std::string_view text) {
    tickets.push_back(census.admit());
    return tickets.back()->claim(ip(text));
  };
  EXPECT_EQ(claim("2001:db8::1"), Standing::welcome);
  EXPECT_EQ(claim("2001:db8::2"), Standing::one_too_many);
  EXPECT_EQ(claim("2001:db8:0:1::1"), Standing::welcome);
  EXPECT_EQ(claim("192.0.2.1"), Standing::welcome);
  EXPECT_EQ(claim("::ffff:192.0.2.1"), Standing::one_too_many);
  EXPECT_EQ(claim("::ffff:192.0.2.2"), Standing::welcome);
}

}  // namespace
}  // namespace livefix::proxy
