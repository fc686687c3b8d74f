#include "http/proxy_header.h"

#include <gtest/gtest.h>

#include <string>

#include "http/crc32c.h"

namespace livefix::http {
namespace {

using namespace std::string_literals;

const std::string kSignature = "\r\n\r\n\0\r\nQUIT\n"s;
const std::string kIpv4Block = "\xc0\x00\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb"s;

std::string describe(std::string_view input) {
  ProxyHeader header;
  const auto outcome = scan_proxy_header(input, header);
  if (std::holds_alternative<NeedsMore>(outcome)) return "more";
  if (const auto* refusal = std::get_if<Refusal>(&outcome)) return std::string(refusal->reason);
  std::string text = std::to_string(std::get<Complete>(outcome).size);
  if (!header.endpoints) return text + " own";
  return text + " " + header.endpoints->source.to_string() + " " +
         header.endpoints->destination.to_string();
}

std::string binary(char command, char protocol, const std::string& block) {
  return kSignature + command + protocol + static_cast<char>(block.size() >> 8) +
         static_cast<char>(block.size()) + block;
}

std::string tlv(char type, const std::string& value) {
  return ""s + type + static_cast<char>(value.size() >> 8) + static_cast<char>(value.size()) +
         value;
}

// As an AWS Network Load Balancer sends it: a checksum, the id of a VPC endpoint, padding.
std::string from_load_balancer() {
  return binary('\x21', '\x11',
                "\xac\x1f\x07\x71\xac\x1f\x0a\x1f\xc8\xf2\x00\x50"s + tlv(3, "\xe8\xd6\x89\x2d") +
                    tlv('\xea', "\x01vpce-08d2bf15fac5001c9") + tlv(4, std::string(36, '\0')));
}

TEST(ProxyHeader, TakesALineOfVersion1) {
  const std::string line = "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n";
  EXPECT_EQ(describe(line + "GET / HTTP/1.1\r\n"), "45 192.0.2.1:56324 198.51.100.2:443");
  EXPECT_EQ(describe("PROXY TCP6 2001:db8::1 2001:DB8::2 0 65535\r\n"),
            "44 [2001:db8::1]:0 [2001:db8::2]:65535");
}

TEST(ProxyHeader, UnknownKeepsTheConnectionsOwnAddresses) {
  EXPECT_EQ(describe("PROXY UNKNOWN\r\n"), "15 own");
  EXPECT_EQ(describe("PROXY UNKNOWN what \x01 ever\r\n\r\n"), "27 own");
}

TEST(ProxyHeader, TakesTheLongestLineAndNoLonger) {
  const std::string line = "PROXY UNKNOWN " + std::string(91, 'f') + "\r\n";
  ASSERT_EQ(line.size(), kMaxProxyLineBytes);
  EXPECT_EQ(describe(line), "107 own");
  const std::string longer = "PROXY UNKNOWN " + std::string(92, 'f') + "\r\n";
  EXPECT_EQ(describe(longer.substr(0, 106)), "more");
  EXPECT_EQ(describe(longer.substr(0, 107)), "the line of the PROXY header is too long");
  EXPECT_EQ(describe(longer), "the line of the PROXY header is too long");
}

TEST(ProxyHeader, RefusesLinesThatAreNotExactlyRight) {
  for (const std::string& line : {
           "PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n"s,
           "PROXY TCP4 1.2.3.4  1.2.3.4 1 2\r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n"s,
           "PROXY TCP4 1.2.3.4\t1.2.3.4 1 2\r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rG"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 1 99999999999\r\n"s,
           "PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n"s,
           "PROXY TCP4 1.2.3.04 1.2.3.4 1 2\r\n"s,
           "PROXY TCP4 1.2.3 1.2.3.4 1 2\r\n"s,
           "PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n"s,
           "PROXY TCP4 ::1 ::1 1 2\r\n"s,
           "PROXY TCP4 1.2.3.4 ::1 1 2\r\n"s,
           "PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n"s,
           "PROXY TCP6 ::1%1 ::1 1 2\r\n"s,
           "PROXY TCP6 [::1] [::1] 1 2\r\n"s,
           "PROXY TCP6 1::2::3 ::1 1 2\r\n"s,
           "PROXY TCP6 12345::1 ::1 1 2\r\n"s,
           "PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n"s,
           "PROXY tcp4 1.2.3.4 1.2.3.4 1 2\r\n"s,
           "PROXY UDP4 1.2.3.4 1.2.3.4 1 2\r\n"s,
           "PROXY UNKNOWNS\r\n"s,
           "PROXY UNKNOWN\n"s,
           "PROXY UNKNOWN\rx\r\n"s,
           "PROXY \r\n"s,
           "PROXY\r\n"s,
           "proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n"s,
       }) {
    const std::string outcome = describe(line);
    EXPECT_TRUE(outcome.starts_with("the ") || outcome.starts_with("there is no"))
        << line << outcome;
  }
}

TEST(ProxyHeader, DecidesAtTheFirstByteThatAllowsIt) {
  EXPECT_EQ(describe(""), "more");
  EXPECT_EQ(describe("G"), "there is no PROXY header");
  EXPECT_EQ(describe("\x16"), "there is no PROXY header");  // TLS
  EXPECT_EQ(describe("PO"), "there is no PROXY header");
  EXPECT_EQ(describe("PROXY TCP5"), "the PROXY header names no protocol that it may");
  EXPECT_EQ(describe("PROXY UNKNOWNx"), "the PROXY header names no protocol that it may");
  EXPECT_EQ(describe("PROXY TCP4 1.2.3.4\r"), "the line of the PROXY header is malformed");
  EXPECT_EQ(describe("PROXY TCP4 1.2.3 "),
            "the PROXY header has an address that is none of its family");
  EXPECT_EQ(describe("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rx"),
            "the line of the PROXY header does not end in CRLF");
  EXPECT_EQ(describe("\r\n\r\r"), "there is no PROXY header");
  EXPECT_EQ(describe(kSignature), "more");
  EXPECT_EQ(describe(kSignature + "\x11"), "the PROXY header is of an unknown version");
  EXPECT_EQ(describe(kSignature + "\x22"), "the PROXY header has an unknown command");
  EXPECT_EQ(describe(kSignature + "\x21\x12"), "the PROXY header is not about a stream");
  EXPECT_EQ(describe(kSignature + "\x21\x41"), "the PROXY header has an unknown family");
  EXPECT_EQ(describe(kSignature + "\x21\x11\xff\xff"), "the PROXY header is too large");
  EXPECT_EQ(describe(kSignature + "\x21\x11\x00\x0b"s),
            "the PROXY header is too short for its addresses");
  // A TLV of 255 bytes in a header that has 10 left.
  EXPECT_EQ(describe(kSignature + "\x21\x11\x00\x16"s + kIpv4Block + "\x01\x00\xff"s),
            "the PROXY header ends inside a TLV");
}

TEST(ProxyHeader, TakesTheAddressesOfVersion2) {
  EXPECT_EQ(describe(binary('\x21', '\x11', kIpv4Block) + "GET"),
            "28 192.0.2.1:56324 198.51.100.2:443");
  const std::string ipv6 = "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x01" +
                           "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x02" +
                           "\x00\x50\xff\xff"s;
  EXPECT_EQ(describe(binary('\x21', '\x21', ipv6)), "52 [2001:db8::1]:80 [2001:db8::2]:65535");
}

TEST(ProxyHeader, KeepsTheConnectionsOwnAddressesWhereVersion2HasNone) {
  EXPECT_EQ(describe(binary('\x20', '\x00', "")), "16 own");
  EXPECT_EQ(describe(binary('\x20', '\x11', kIpv4Block)), "28 own");
  EXPECT_EQ(describe(binary('\x20', '\x77', "anything")), "24 own");
  EXPECT_EQ(describe(binary('\x21', '\x00', "anything")), "24 own");
  EXPECT_EQ(describe(binary('\x21', '\x31', std::string(216, 'u'))), "232 own");
  EXPECT_EQ(describe(binary('\x21', '\x31', std::string(215, 'u'))),
            "the PROXY header is too short for its addresses");
}

TEST(ProxyHeader, RefusesWhatIsNotAStream) {
  for (const char protocol : {'\x12', '\x22', '\x32', '\x02', '\x10', '\x20', '\x13', '\x1f'}) {
    EXPECT_EQ(describe(binary('\x21', protocol, std::string(216, '\0'))),
              "the PROXY header is not about a stream");
  }
}

TEST(ProxyHeader, PassesOverTlvs) {
  const std::string block = kIpv4Block + tlv(1, "h2") + tlv(2, "shop.example") + tlv(4, "") +
                            tlv(0x20, "\x01\x00\x00\x00\x00\x21\x00\x07TLSv1.3"s) +
                            tlv('\xee', std::string(300, 'x'));
  EXPECT_EQ(describe(binary('\x21', '\x11', block)),
            std::to_string(16 + block.size()) + " 192.0.2.1:56324 198.51.100.2:443");
  for (const std::size_t cut : {1, 2, 3, 299, 300, 302}) {
    EXPECT_EQ(describe(binary('\x21', '\x11', block.substr(0, block.size() - cut))),
              "the PROXY header ends inside a TLV")
        << cut;
  }
}

TEST(ProxyHeader, IsBounded) {
  const auto of_size = [](std::size_t size) {
    return binary('\x21', '\x11', kIpv4Block + tlv(4, std::string(size - 16 - 12 - 3, '\0')));
  };
  EXPECT_TRUE(describe(of_size(kMaxProxyHeaderBytes)).starts_with("4096 192.0.2.1"));
  EXPECT_EQ(describe(of_size(kMaxProxyHeaderBytes + 1)), "the PROXY header is too large");
}

TEST(ProxyHeader, VerifiesAChecksum) {
  const std::string header = from_load_balancer();
  EXPECT_EQ(describe(header), "100 172.31.7.113:51442 172.31.10.31:80");
  constexpr std::size_t kType = 28;  // with another one it is no checksum any more
  for (std::size_t at = 16; at < header.size(); ++at) {
    if (at == kType) continue;
    std::string damaged = header;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
    EXPECT_TRUE(describe(damaged).starts_with("the ") || describe(damaged) == "more") << at;
  }
  EXPECT_EQ(describe(binary('\x21', '\x11', kIpv4Block + tlv(3, "abc"))),
            "the checksum of the PROXY header has no 4 bytes");
  EXPECT_EQ(describe(binary('\x21', '\x11', kIpv4Block + tlv(3, "abcd") + tlv(3, "abcd"))),
            "the PROXY header has more than one checksum");
}

TEST(ProxyHeader, GivesTheSameForEveryPrefix) {
  for (const std::string& whole :
       {"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\nGET /"s, "PROXY UNKNOWN x y\r\nGET /"s,
        "PROXY TCP6 ::1 ::1 1 66666\r\n"s, from_load_balancer() + "GET /",
        binary('\x20', '\x00', "12345") + "GET /",
        binary('\x21', '\x11', kIpv4Block + tlv(3, "1234") + tlv(4, "12")) + "GET /"}) {
    const std::string expected = describe(whole);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::string outcome = describe(std::string_view(whole).substr(0, size));
      EXPECT_TRUE(outcome == "more" || outcome == expected) << size << ": " << outcome;
    }
  }
}

TEST(Crc32c, IsThatOfTheCatalogues) {
  Crc32c crc;
  crc.add("12345");
  crc.add("6789");
  EXPECT_EQ(crc.value(), 0xe306'9283U);
  EXPECT_EQ(Crc32c().value(), 0U);
}

}  // namespace
}  // namespace livefix::http
