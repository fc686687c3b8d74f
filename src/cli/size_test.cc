#include "cli/size.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

TEST(Size, IsReadWithItsUnit) {
  EXPECT_EQ(parse_size("512B").value(), 512U);
  EXPECT_EQ(parse_size("64KiB").value(), 65'536U);
  EXPECT_EQ(parse_size("1.5MiB").value(), 1'572'864U);
  EXPECT_EQ(parse_size("2GiB").value(), 2'147'483'648U);
  EXPECT_EQ(parse_size("10kB").value(), 10'000U);
  EXPECT_EQ(parse_size("5MB").value(), 5'000'000U);
  EXPECT_EQ(parse_size("1024GiB").value(), 1ULL << 40);
  EXPECT_EQ(parse_size("0").value(), 0U);
  EXPECT_EQ(parse_size("0KiB").value(), 0U);
}

TEST(Size, IsRefusedWithASentence) {
  const auto error = [](std::string_view text) {
    const auto parsed = parse_size(text);
    return parsed ? std::string("accepted") : parsed.error().message;
  };
  EXPECT_EQ(error("64"), "\"64\" has no unit; write \"64KiB\" or \"64B\"");
  EXPECT_EQ(error("00"), "\"00\" has no unit; write \"00KiB\" or \"00B\"");
  EXPECT_EQ(error(""), "\"\" is no size; write \"64KiB\" or \"1MiB\"");
  EXPECT_EQ(error("big"), "\"big\" is no size; write \"64KiB\" or \"1MiB\"");
  EXPECT_EQ(error("-1B"), "\"-1B\" is no size; write \"64KiB\" or \"1MiB\"");
  EXPECT_EQ(error("nan"), "\"nan\" is no size; write \"64KiB\" or \"1MiB\"");
  EXPECT_EQ(error("5k"),
            "\"5k\" has the unknown unit \"k\"; the units are B, kB, MB, KiB, MiB and GiB");
  EXPECT_EQ(error("5KB"),
            "\"5KB\" has the unknown unit \"KB\"; the units are B, kB, MB, KiB, MiB and GiB");
  EXPECT_EQ(error("1025GiB"), "\"1025GiB\" is more than 1024GiB");
  EXPECT_EQ(error("99999999999999999999GiB"), "\"99999999999999999999GiB\" is more than 1024GiB");
}

TEST(Size, IsDescribedAsItIsRead) {
  EXPECT_EQ(describe_size(65'536), "64KiB");
  EXPECT_EQ(describe_size(1U << 20), "1MiB");
  EXPECT_EQ(describe_size(1500), "1500B");
  EXPECT_EQ(describe_size(0), "0B");
}

}  // namespace
}  // namespace livefix::cli
