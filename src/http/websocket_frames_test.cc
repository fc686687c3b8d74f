#include "http/websocket_frames.h"

#include <gtest/gtest.h>

#include <vector>

namespace livefix::http {
namespace {

using namespace std::string_literals;

// A frame as a sender makes it: `first` is its first byte, `mask` whether it comes from a client.
std::string frame(unsigned first, std::size_t size, bool mask = false) {
  std::string bytes{static_cast<char>(first)};
  const unsigned flag = mask ? 0x80 : 0;
  const auto put = [&bytes](std::uint64_t number, int count) {
    while (count-- > 0) bytes += static_cast<char>(number >> (8 * count) & 0xff);
  };
  if (size < 126) {
    put(flag | size, 1);
  } else if (size < 65536) {
    put(flag | 126, 1);
    put(size, 2);
  } else {
    put(flag | 127, 1);
    put(size, 8);
  }
  if (mask) bytes += "mask";
  return bytes + std::string(size, '\x88');  // what looks like a Close is payload
}

constexpr unsigned kText = 0x81;
constexpr unsigned kFirstFragment = 0x02;
constexpr unsigned kLastFragment = 0x80;
constexpr unsigned kPing = 0x89;
constexpr unsigned kClose = 0x88;
constexpr unsigned kCompressedText = 0xc1;

TEST(WebSocketFrames, FindsTheEndOfEveryKindOfFrame) {
  for (const std::size_t size : {0, 1, 125, 126, 127, 128, 65535, 65536, 300000}) {
    for (const bool mask : {false, true}) {
      for (const unsigned first : {kText, kFirstFragment, kLastFragment, kPing, kCompressedText}) {
        const std::string one = frame(first, size, mask);
        WebSocketFrames frames;
        EXPECT_TRUE(frames.at_boundary());
        EXPECT_EQ(frames.advance(one), one.size()) << size << " " << mask;
        EXPECT_TRUE(frames.at_boundary());
        EXPECT_FALSE(frames.closing());
      }
    }
  }
}

TEST(WebSocketFrames, FindsTheSameEndsHoweverBytesArePut) {
  std::string all;
  std::vector<std::size_t> ends{0};
  for (const std::size_t size : {0, 5, 125, 126, 0, 0, 65536, 3}) {
    all += frame(kText, size, size % 2 == 1);
    ends.push_back(all.size());
  }
  for (const std::size_t piece : {1, 2, 3, 7, 4096}) {
    WebSocketFrames frames;
    for (std::size_t at = 0; at < all.size(); at += piece) {
      const std::string_view bytes = std::string_view(all).substr(at, piece);
      std::optional<std::size_t> expected;
      for (const std::size_t end : ends) {
        if (end >= at && end <= at + bytes.size()) expected = end - at;
      }
      ASSERT_EQ(frames.advance(bytes), expected) << piece << " at " << at;
    }
    EXPECT_TRUE(frames.at_boundary());
  }
}

TEST(WebSocketFrames, NamesTheLastEndInABufferAndNoneInsideOfAFrame) {
  WebSocketFrames frames;
  const std::string whole = frame(kText, 10);
  const std::string half = frame(kText, 1000).substr(0, 500);
  EXPECT_EQ(frames.advance(whole + whole + half), 2 * whole.size());
  EXPECT_FALSE(frames.at_boundary());
  EXPECT_EQ(frames.advance(std::string(100, 'x')), std::nullopt);
  EXPECT_EQ(frames.advance(""), std::nullopt);
}

TEST(WebSocketFrames, SeesACloseFrameWhenItBegins) {
  WebSocketFrames frames;
  frames.advance(frame(kText, 3));
  EXPECT_FALSE(frames.closing());
  frames.advance("\x88"s);
  EXPECT_TRUE(frames.closing());
  EXPECT_FALSE(frames.at_boundary());
  EXPECT_EQ(frames.advance("\x02\x03\xe8"), 3U);
  EXPECT_TRUE(frames.closing());
}

TEST(WebSocketFrames, AnImpossibleSizeNeverEnds) {
  for (const bool mask : {false, true}) {
    WebSocketFrames frames;
    frames.advance(std::string{'\x82', mask ? '\xff' : '\x7f'} + std::string(8, '\xff'));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(frames.advance(std::string(1 << 20, '\0')), std::nullopt);
  }
}

TEST(WebSocketFrames, ACloseFrameIsWholeAndSaysWhy) {
  const std::string plain = compose_close(CloseCode::service_restart);
  EXPECT_EQ(plain, "\x88\x11\x03\xf4service restart");
  EXPECT_EQ(compose_close(CloseCode::going_away), "\x88\x0c\x03\xe9going away");
  const WebSocketMask mask{'\x01', '\x02', '\x04', '\x08'};
  std::string masked = compose_close(CloseCode::service_restart, mask);
  EXPECT_EQ(masked.substr(0, 6), "\x88\x91\x01\x02\x04\x08");
  for (std::size_t i = 6; i < masked.size(); ++i) masked[i] ^= mask[(i - 6) % 4];
  EXPECT_EQ(masked.substr(6), plain.substr(2));
  for (const std::string& one : {plain, masked}) {
    WebSocketFrames frames;
    EXPECT_EQ(frames.advance(one), one.size());
    EXPECT_TRUE(frames.closing());
  }
}

}  // namespace
}  // namespace livefix::http
