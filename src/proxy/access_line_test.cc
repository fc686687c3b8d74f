#include "proxy/access_line.h"

#include <gtest/gtest.h>

#include <string>

#include "proxy/line_builder.h"

namespace livefix::proxy {
namespace {

using std::chrono::microseconds;

// 25 November 2026, 21:25:38.007 UTC.
constexpr std::chrono::system_clock::time_point kTime{std::chrono::milliseconds{1795641938007}};

AccessEntry usual() {
  AccessEntry entry;
  entry.time = kTime;
  entry.client = "203.0.113.9";
  entry.method = "GET";
  entry.host = "shop.test";
  entry.target = "/cart?x=1";
  entry.protocol = AccessProtocol::http11;
  entry.status = 200;
  entry.bytes = 512;
  entry.duration = microseconds{1234};
  return entry;
}

std::string json(const AccessEntry& entry) {
  return std::string(AccessLineComposer(AccessLogFormat::json).compose(entry));
}
std::string combined(const AccessEntry& entry) {
  return std::string(AccessLineComposer(AccessLogFormat::combined).compose(entry));
}
std::string escaped(std::string_view text, Escaping escaping, std::size_t share = 100) {
  std::array<char, 200> memory{};
  LineBuilder line(memory);
  line.add_escaped(text, share, escaping);
  return std::string(line.view());
}

TEST(AccessLine, JsonSaysHowACallOfGrpcEnded) {
  AccessEntry entry = usual();
  entry.grpc_status = 0;
  EXPECT_NE(json(entry).find(R"("status":200,"grpc_status":0,"bytes")"), std::string::npos);
  EXPECT_EQ(combined(entry), combined(usual()));
}

TEST(AccessLine, JsonSaysWhatIsKnown) {
  EXPECT_EQ(json(usual()),
            R"({"time":"2026-11-25T21:25:38.007Z","client":"203.0.113.9","method":"GET",)"
            R"("host":"shop.test","target":"/cart?x=1","protocol":"HTTP/1.1","status":200,)"
            R"("bytes":512,"duration_ms":1.234,"complete":true})"
            "\n");
  AccessEntry entry = usual();
  entry.protocol = AccessProtocol::http2;
  entry.first_byte = microseconds{1000};
  entry.waited = microseconds{250'000};
  entry.service = "shop";
  entry.generation = 3;
  entry.release = "dev-3";
  entry.id = "abc";
  entry.trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  entry.referer = "https://a.test/";
  entry.agent = "curl/8";
  entry.tls = TlsVersion::tls13;
  entry.complete = false;
  EXPECT_EQ(json(entry),
            R"({"time":"2026-11-25T21:25:38.007Z","client":"203.0.113.9","method":"GET",)"
            R"("host":"shop.test","target":"/cart?x=1","protocol":"HTTP/2.0","status":200,)"
            R"("bytes":512,"duration_ms":1.234,"first_byte_ms":1.000,"waited_ms":250.000,)"
            R"("service":"shop","generation":3,"release":"dev-3","id":"abc",)"
            R"("trace":"4bf92f3577b34da6a3ce929d0e0e4736","referer":"https://a.test/",)"
            R"("user_agent":"curl/8","tls":"1.3","complete":false})"
            "\n");
}

TEST(AccessLine, CombinedIsThatOfNginx) {
  AccessEntry entry = usual();
  EXPECT_EQ(combined(entry),
            "203.0.113.9 - - [25/Nov/2026:21:25:38 +0000] \"GET /cart?x=1 HTTP/1.1\" 200 512 "
            "\"-\" \"-\"\n");
  entry.referer = "https://a.test/\"";
  entry.agent = "a\\b\tc\xff";
  EXPECT_EQ(combined(entry),
            "203.0.113.9 - - [25/Nov/2026:21:25:38 +0000] \"GET /cart?x=1 HTTP/1.1\" 200 512 "
            "\"https://a.test/\\x22\" \"a\\x5Cb\\x09c\\xFF\"\n");
}

TEST(AccessLine, AConnectionOfBytesHasNoStatus) {
  AccessEntry entry = usual();
  entry.method = entry.host = entry.target = {};
  entry.protocol = AccessProtocol::tcp;
  entry.status = 0;
  EXPECT_NE(json(entry).find(R"("client":"203.0.113.9","protocol":"TCP","bytes":512,)"),
            std::string::npos);
  EXPECT_NE(combined(entry).find("] \"-\" 000 512 \"-\" \"-\"\n"), std::string::npos);
}

TEST(AccessLine, WhatCouldNotBeReadIsThereAsItCame) {
  AccessEntry entry = usual();
  entry.method = entry.host = entry.target = {};
  entry.protocol = AccessProtocol::unknown;
  entry.unreadable = "GET  / \"\x01";
  entry.status = 400;
  EXPECT_NE(json(entry).find(R"("unreadable":"GET  / \"\u0001","status":400)"), std::string::npos);
  EXPECT_EQ(combined(entry),
            "203.0.113.9 - - [25/Nov/2026:21:25:38 +0000] \"GET  / \\x22\\x01\" 400 512 \"-\" "
            "\"-\"\n");
  entry.unreadable = {};
  EXPECT_NE(combined(entry).find("] \"-\" 400"), std::string::npos);
}

TEST(AccessLine, ATargetWithoutAPathHasOneHere) {
  for (const char* target : {"", "?a"}) {
    AccessEntry entry = usual();
    entry.target = target;
    EXPECT_NE(json(entry).find("\"target\":\"/" + std::string(target) + "\""), std::string::npos);
    EXPECT_NE(combined(entry).find("\"GET /" + std::string(target) + " HTTP/1.1\""),
              std::string::npos);
  }
}

TEST(AccessLine, TheCalendarFollowsTheTime) {
  AccessLineComposer composer(AccessLogFormat::json);
  AccessEntry entry = usual();
  composer.compose(entry);
  entry.time += std::chrono::milliseconds{992};
  EXPECT_NE(composer.compose(entry).find("21:25:38.999Z"), std::string::npos);
  entry.time += std::chrono::milliseconds{1};
  EXPECT_NE(composer.compose(entry).find("21:25:39.000Z"), std::string::npos);
  entry.time += std::chrono::days{36};
  EXPECT_NE(composer.compose(entry).find("2026-12-31T21:25:39.000Z"), std::string::npos);
}

TEST(AccessLine, AGapIsALineOfItsOwn) {
  EXPECT_EQ(AccessLineComposer(AccessLogFormat::json).compose_gap(kTime, 17),
            "{\"time\":\"2026-11-25T21:25:38.007Z\",\"lines_missing\":17}\n");
  EXPECT_EQ(AccessLineComposer(AccessLogFormat::combined).compose_gap(kTime, 17),
            "- - - [25/Nov/2026:21:25:38 +0000] \"-\" 000 0 \"-\" "
            "\"livefix: lines missing here: 17\"\n");
}

TEST(AccessLine, JsonEscapesWhatAStringMayNotHave) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"plain /~!", "plain /~!"},
      {"\"\\", R"(\"\\)"},
      {{"\0\n\r\t\x1f\x7f", 6}, R"(\u0000\u000A\u000D\u0009\u001F\u007F)"},
      {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
      {"\xc2\x85\xc2\x9b\xe2\x80\xa8\xe2\x80\xa9", R"(\u0085\u009B\u2028\u2029)"},
      {"\x80", R"(\ufffd)"},
      {"\xc3", R"(\ufffd)"},                                // cut short
      {"\xc3(", R"(\ufffd()"},                              // no continuation
      {"\xc0\xaf", R"(\ufffd\ufffd)"},                      // '/' in two bytes
      {"\xe0\x80\xaf", R"(\ufffd\ufffd\ufffd)"},            // and in three
      {"\xed\xa0\x80", R"(\ufffd\ufffd\ufffd)"},            // a surrogate
      {"\xf4\x90\x80\x80", R"(\ufffd\ufffd\ufffd\ufffd)"},  // beyond the last one
      {"\xf5\xff", R"(\ufffd\ufffd)"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(escaped(text, Escaping::json), expected);
}

TEST(AccessLine, ALongTextIsCutBetweenCharacters) {
  EXPECT_EQ(escaped("0123456789", Escaping::json, 10), "0123456789");
  EXPECT_EQ(escaped("0123456789a", Escaping::json, 10), "0123456...");
  EXPECT_EQ(escaped("01234567\n", Escaping::json, 10), "0123456...");
  EXPECT_EQ(escaped("0\n\n2", Escaping::json, 10), "0\\u000A...");
  EXPECT_EQ(escaped("01234\xe2\x82\xac\xe2\x82\xac", Escaping::json, 10), "01234...");
  EXPECT_EQ(escaped("0123\xe2\x82\xac\xe2\x82\xac", Escaping::json, 10),
            "0123\xe2\x82\xac\xe2\x82\xac");
  EXPECT_EQ(escaped("012\xff\xff\xff", Escaping::hex, 10), "012\\xFF...");
  EXPECT_EQ(escaped("0123", Escaping::hex, 2), "..");
  EXPECT_EQ(escaped("0123", Escaping::hex, 0), "");
}

TEST(AccessLine, IsNeverLongerThanItMayBe) {
  for (const char c : {'a', '"', '\xff', '\x01'}) {
    const std::string text(70'000, c);
    AccessEntry entry = usual();
    entry.client = entry.method = entry.host = entry.target = text;
    entry.service = entry.id = entry.referer = entry.agent = text;
    entry.generation = 0xffffffff;
    entry.bytes = ~std::uint64_t{0};
    entry.duration = microseconds::max();
    entry.first_byte = entry.waited = microseconds::max();
    entry.tls = TlsVersion::tls12;
    entry.complete = false;
    EXPECT_LT(json(entry).size(), kMaxAccessLine);
    EXPECT_TRUE(json(entry).ends_with(",\"complete\":false}\n"));
    EXPECT_LT(combined(entry).size(), kMaxAccessLine);
    EXPECT_TRUE(combined(entry).ends_with("...\"\n"));
  }
}

// Whatever the bytes are: one line, all of it printable, and as many quotes as the format has.
TEST(AccessLine, NoByteBreaksALine) {
  for (unsigned first = 0; first < 256; ++first) {
    for (unsigned second = 0; second < 256; ++second) {
      const char bytes[] = {static_cast<char>(first), static_cast<char>(second)};
      const std::string_view text(bytes, 2);
      const std::string hex = escaped(text, Escaping::hex);
      const std::string string = escaped(text, Escaping::json);
      for (const char c : hex) ASSERT_TRUE(c >= 0x20 && c < 0x7f && c != '"') << first;
      for (std::size_t i = 0; i < string.size(); ++i) {
        const auto byte = static_cast<unsigned char>(string[i]);
        ASSERT_TRUE(byte >= 0x20 && byte != 0x7f) << first;
        ASSERT_NE(byte, '"') << first << ' ' << second;
        if (byte == '\\') ++i;  // what is escaped
      }
    }
  }
}

}  // namespace
}  // namespace livefix::proxy
