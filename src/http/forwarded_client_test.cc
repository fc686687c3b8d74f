#include "http/forwarded_client.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace livefix::http {
namespace {

constexpr FieldId kXff = FieldId::x_forwarded_for;
constexpr FieldId kForwarded = FieldId::forwarded;

// 10.0.0.0/8, fc00::/8 and loopback are ours.
bool is_trusted(const Address& address) {
  if (address.is_loopback()) return true;
  return address.bytes[0] == (address.family == Family::ipv4 ? 10 : 0xfc);
}

std::string client(FieldId list, const std::vector<std::string>& values,
                   const std::string& peer = "10.0.0.1") {
  FieldList fields;
  fields.add({"Host", "shop.example", FieldId::host});
  for (const std::string& value : values) {
    fields.add({"name", value, list});
    // The other list has no say.
    fields.add({"name", "for=10.9.9.9, 10.9.9.9", list == kXff ? kForwarded : kXff});
  }
  return forwarded_client(fields, list, *Address::parse_ip(peer, 5), is_trusted).to_string();
}

TEST(ForwardedClient, IsThePeerWhenThatIsNotTrusted) {
  EXPECT_EQ(client(kXff, {"192.0.2.1"}, "198.51.100.1"), "198.51.100.1:5");
  EXPECT_EQ(client(kForwarded, {"for=192.0.2.1"}, "198.51.100.1"), "198.51.100.1:5");
}

TEST(ForwardedClient, IsThePeerWhenNothingIsSaid) {
  for (const FieldId list : {kXff, kForwarded}) {
    EXPECT_EQ(client(list, {}), "10.0.0.1:5");
    EXPECT_EQ(client(list, {"", " , ,"}), "10.0.0.1:5");
  }
}

TEST(ForwardedClient, IsTheRightmostThatIsNotTrusted) {
  EXPECT_EQ(client(kXff, {"192.0.2.1"}), "192.0.2.1:0");
  EXPECT_EQ(client(kXff, {"203.0.113.9, 192.0.2.1,10.1.2.3\t, 10.4.5.6"}), "192.0.2.1:0");
  EXPECT_EQ(client(kForwarded, {"for=203.0.113.9, for=192.0.2.1;proto=https , for=10.1.2.3"}),
            "192.0.2.1:0");
}

TEST(ForwardedClient, ReadsTheLinesAsOneList) {
  EXPECT_EQ(client(kXff, {"203.0.113.9, 192.0.2.1", "10.1.2.3", "", "10.4.5.6"}), "192.0.2.1:0");
  EXPECT_EQ(client(kForwarded, {"for=192.0.2.1", "for=10.1.2.3"}), "192.0.2.1:0");
}

TEST(ForwardedClient, IsTheLeftmostWhenAllAreTrusted) {
  EXPECT_EQ(client(kXff, {"10.1.1.1, 10.2.2.2"}), "10.1.1.1:0");
  EXPECT_EQ(client(kForwarded, {"for=\"[fc00::1]:80\",for=10.2.2.2"}), "[fc00::1]:80");
}

TEST(ForwardedClient, StopsAtAMemberThatNamesNoAddress) {
  for (const std::string hop : {"unknown", "shop.example", "1.2.3.4.5", "\"192.0.2.1\"", "_hidden",
                                "192.0.2.1:", "192.0.2.1:x", "192.0.2.1 192.0.2.2", "[::1"}) {
    EXPECT_EQ(client(kXff, {"192.0.2.9, " + hop + ", 10.2.2.2"}), "10.2.2.2:0") << hop;
    EXPECT_EQ(client(kXff, {"192.0.2.9, " + hop}), "10.0.0.1:5") << hop;
  }
  for (const std::string hop :
       {"for=unknown", "for=_hidden", "for=\"_hidden:80\"", "proto=http", "for=\"192.0.2.1",
        "for=192.0.2.1\"", "for=\"192.0.2.1\\\"", "for=192.0.2.1;for=192.0.2.2", "for", "192.0.2.1",
        "\"x\"", "for=\"[::1]\"x", "for=\"a\"\"b\""}) {
    EXPECT_EQ(client(kForwarded, {"for=192.0.2.9, " + hop + ", for=10.2.2.2"}), "10.2.2.2:0")
        << hop;
  }
}

TEST(ForwardedClient, WhatAClientWroteCannotSwallowWhatIsRightOfIt) {
  for (const std::string forged :
       {"for=\"", "for=\"x", "for=\"x\\", "for=\"x\\\"", "\\", "\"\\\"", "for=\"a,b", ",", "=;"}) {
    EXPECT_EQ(client(kForwarded, {forged + ", for=192.0.2.1"}), "192.0.2.1:0") << forged;
    EXPECT_EQ(client(kForwarded, {forged + ", for=\"[2001:db8::1]\";by=\"_a,\\\"b\""}),
              "[2001:db8::1]:0")
        << forged;
    EXPECT_EQ(client(kXff, {forged + ", 192.0.2.1"}), "192.0.2.1:0") << forged;
  }
}

std::string x_forwarded_for(std::string_view member) {
  const auto address = parse_x_forwarded_for(member);
  return address ? address->to_string() : "none";
}

TEST(XForwardedFor, TakesAddressesWithAndWithoutPort) {
  EXPECT_EQ(x_forwarded_for("192.0.2.1"), "192.0.2.1:0");
  EXPECT_EQ(x_forwarded_for("192.0.2.1:8080"), "192.0.2.1:8080");
  EXPECT_EQ(x_forwarded_for("2001:db8::1"), "[2001:db8::1]:0");
  EXPECT_EQ(x_forwarded_for("[2001:db8::1]"), "[2001:db8::1]:0");
  EXPECT_EQ(x_forwarded_for("[2001:db8::1]:443"), "[2001:db8::1]:443");
  EXPECT_TRUE(parse_x_forwarded_for("::ffff:10.0.0.1")->is_ipv4_mapped());
}

TEST(XForwardedFor, TakesNothingElse) {
  for (const std::string_view member :
       {"", ":", "192.0.2.1:65536", "192.0.2.1:080", "[192.0.2.1]", "[2001:db8::1]443",
        "[2001:db8::1]:_a", "fe80::1%eth0", "192.0.2.1:_a", "0x7f.1", "127.1", "::1 "}) {
    EXPECT_EQ(x_forwarded_for(member), "none") << member;
  }
}

std::string forwarded(std::string_view element) {
  const auto address = parse_forwarded_element(element);
  return address ? address->to_string() : "none";
}

TEST(Forwarded, TakesTheExamplesOfTheRfc) {
  EXPECT_EQ(forwarded("For=\"[2001:db8:cafe::17]:4711\""), "[2001:db8:cafe::17]:4711");
  EXPECT_EQ(forwarded("for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60:0");
  EXPECT_EQ(forwarded("by=\"_a;b\";for=\"192.0.2.43:47011\""), "192.0.2.43:47011");
  EXPECT_EQ(forwarded("for=\"_gazonk\""), "none");
  EXPECT_EQ(forwarded("for=\"192.0.2.1:_obf-1.a\""), "192.0.2.1:0");
}

TEST(Forwarded, UndoesQuoting) {
  EXPECT_EQ(forwarded("for=\"1\\92.0.2.1\""), "192.0.2.1:0");
  EXPECT_EQ(forwarded("for=\"\\[2001:db8::1\\]\""), "[2001:db8::1]:0");
  EXPECT_EQ(forwarded("for=\"192.0.2.1\";ext=\"" + std::string(5000, 'x') + "\""), "192.0.2.1:0");
  EXPECT_EQ(forwarded("for=\"192.0.2.1:_" + std::string(5000, 'x') + "\""), "none");
}

TEST(Forwarded, TakesBlanksAndNothingBetweenPairs) {
  EXPECT_EQ(forwarded(" for=192.0.2.1 ; proto=http;"), "192.0.2.1:0");
  EXPECT_EQ(forwarded(";;for=192.0.2.1"), "192.0.2.1:0");
}

TEST(Forwarded, TakesNothingElse) {
  for (const std::string_view element :
       {"", ";", "for=", "for=\"\"", "for =192.0.2.1", "for= 192.0.2.1", "for=192.0.2.1:80",
        "for=2001:db8::1", "for=[2001:db8::1]", "for=\"2001:db8::1\"", "for=\"192.0.2.1:_\"",
        "for=\"192.0.2.1:_a b\"", "for=192.0.2.1 x", "for=192.0.2.1;proto", "=192.0.2.1",
        "for=192.0.2.1;by=a b", "for=192.0.2.1,"}) {
    EXPECT_EQ(forwarded(element), "none") << element;
  }
}

}  // namespace
}  // namespace livefix::http
