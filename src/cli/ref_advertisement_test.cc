#include "cli/ref_advertisement.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

std::string line(std::string_view text) {
  return fmt::format("{:04x}{}\n", text.size() + 5, text);
}

const std::string kFirst(40, '1');
const std::string kSecond(40, '2');
const std::string kBody =
    line("# service=git-receive-pack") + "0000" +
    line(kFirst + " refs/heads/main" + std::string(1, '\0') + "report-status push-options") +
    line(kSecond + " refs/heads/topic") + "0000";

TEST(RefAdvertisement, SaysWhereRefsAre) {
  EXPECT_TRUE(is_advertisement(kBody));
  EXPECT_EQ(advertised(kBody, "refs/heads/main"), kFirst);
  EXPECT_EQ(advertised(kBody, "refs/heads/topic"), kSecond);
  EXPECT_FALSE(advertised(kBody, "refs/heads/mai"));
  EXPECT_FALSE(advertised(kBody, "refs/heads/other"));
}

TEST(RefAdvertisement, OtherBytesAreNone) {
  EXPECT_FALSE(is_advertisement("<html>"));
  EXPECT_FALSE(is_advertisement(""));
  EXPECT_FALSE(is_advertisement("ffff# service=git-receive-pack"));
  for (std::size_t size = 0; size < kBody.size(); ++size) {
    advertised(kBody.substr(0, size), "refs/heads/topic");
  }
  EXPECT_FALSE(advertised(kBody.substr(0, kBody.size() - 10), "refs/heads/topic"));
}

}  // namespace
}  // namespace livefix::cli
