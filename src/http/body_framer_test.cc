#include "http/body_framer.h"

#include <gtest/gtest.h>

#include <string>

namespace livefix::http {
namespace {

TEST(BodyFramer, CountsALength) {
  BodyFramer framer(LengthBody{5});
  EXPECT_EQ(framer.advance("abc").bytes, 3U);
  EXPECT_EQ(framer.remaining(), 2U);
  const auto end = framer.advance("deGET /");
  EXPECT_EQ(end.bytes, 2U);
  EXPECT_TRUE(framer.done());
  EXPECT_EQ(framer.advance("GET /").bytes, 0U);
}

TEST(BodyFramer, OfNothingOrZeroIsDone) {
  EXPECT_TRUE(BodyFramer().done());
  EXPECT_TRUE(BodyFramer(LengthBody{0}).done());
  EXPECT_FALSE(BodyFramer(CloseBody{}).done());
  EXPECT_TRUE(BodyFramer(CloseBody{}).ends_with_connection());
}

TEST(BodyFramer, FindsTheEndOfChunksWhereverTheyAreSplit) {
  const std::string body =
      "5\r\nhello\r\n00a;x=\"y\"\r\n0123456789\r\n0\r\nA: "
      "b\r\nLong-Name-Of-A-Trailer-Field:\r\n\r\n";
  const std::string input = body + "GET /";
  for (std::size_t first = 0; first <= input.size(); ++first) {
    for (std::size_t second = first; second <= input.size(); second += 7) {
      BodyFramer framer(ChunkedBody{});
      std::size_t taken = 0;
      for (const auto& [from, to] : {std::pair(std::size_t{0}, first), std::pair(first, second),
                                     std::pair(second, input.size())}) {
        if (framer.done()) break;
        const auto progress = framer.advance(std::string_view(input).substr(from, to - from));
        ASSERT_NE(progress.state, BodyState::malformed) << first << " " << second;
        taken += progress.bytes;
      }
      ASSERT_EQ(taken, body.size()) << first << " " << second;
    }
  }
}

TEST(BodyFramer, TakesChunksApartForOldClients) {
  std::string bytes = "3\r\nabc\r\n2;e\r\nde\r\n0\r\n\r\nrest";
  BodyFramer framer(ChunkedBody{});
  std::size_t payload = 0;
  const auto progress = framer.advance_unchunked(bytes.data(), bytes.size(), payload);
  EXPECT_EQ(progress.state, BodyState::done);
  EXPECT_EQ(progress.bytes, bytes.size() - 4);
  EXPECT_EQ(bytes.substr(0, payload), "abcde");
}

TEST(BodyFramer, RefusesMalformedChunks) {
  using namespace std::string_literals;
  const std::string cases[] = {"\r\n",
                               "x\r\n",
                               "+5\r\nhello\r\n",
                               "0x5\r\nhello\r\n",
                               "-1\r\n",
                               " 5\r\nhello\r\n",
                               "5 \r\nhello\r\n",
                               "5\nhello\r\n",
                               "5\rhello",
                               "5\r\nhelloX",
                               "5\r\nhello\n",
                               "5\r\nhello\rX",
                               ";x\r\n",
                               "10000000000000000\r\n",
                               "ffffffffffffffff\r\n",
                               "8000000000000000\r\n",
                               "00000000000000005\r\nhello\r\n",
                               "5;a\nb\r\nhello\r\n",
                               "5;a\0b\r\n"s,
                               "5;a\rb\r\n",
                               "0\r\n\n",
                               "0\r\nA : b\r\n\r\n",
                               "0\r\nA\r\n\r\n",
                               "0\r\n: b\r\n\r\n",
                               "0\r\nA: b\n\r\n",
                               "0\r\n folded\r\n\r\n",
                               "0\r\nA: \x01\r\n\r\n",
                               "0\r\nContent-Length: 5\r\n\r\n",
                               "0\r\nTransfer-Encoding: chunked\r\n\r\n",
                               "0\r\nhost: a\r\n\r\n",
                               "0\r\nX-Forwarded-For: a\r\n\r\n",
                               "0\r\nX-Forwarded-Of-A-Longer-Name: a\r\n\r\n",
                               "0\r\nForwarded: for=a\r\n\r\n",
                               "0\r\nX_forwarded_For: a\r\n\r\n",
                               "0\r\nContent_Length: 5\r\n\r\n",
                               "5;" + std::string(ChunkedFramer::kMaxExtensionBytes + 1, 'x'),
                               "0\r\nA: " + std::string(ChunkedFramer::kMaxTrailerBytes, 'x')};
  for (const auto& input : cases) {
    BodyFramer framer(ChunkedBody{});
    EXPECT_EQ(framer.advance(input).state, BodyState::malformed) << input.substr(0, 40);
  }
}

}  // namespace
}  // namespace livefix::http
