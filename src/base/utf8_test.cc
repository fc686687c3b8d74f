#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace livefix {
namespace {

std::pair<std::uint32_t, std::size_t> decoded(std::string_view text) {
  const auto [value, size] = decode_utf8(text);
  return {value, size};
}

TEST(Utf8, IsDecodedAtTheFront) {
  EXPECT_EQ(decoded("az"), std::pair(std::uint32_t{'a'}, std::size_t{1}));
  EXPECT_EQ(decoded("\xc3\xa4z"), std::pair(0xe4U, std::size_t{2}));
  EXPECT_EQ(decoded("\xe2\x82\xac"), std::pair(0x20acU, std::size_t{3}));
  EXPECT_EQ(decoded("\xf4\x8f\xbf\xbf"), std::pair(0x10ffffU, std::size_t{4}));
}

TEST(Utf8, WhatIsNoneHasNoSize) {
  for (const char* text :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3z", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
    EXPECT_EQ(decode_utf8(text).size, 0U) << text;
  }
}

}  // namespace
}  // namespace livefix
