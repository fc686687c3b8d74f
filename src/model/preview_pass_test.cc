#include "model/preview_pass.h"

#include <gtest/gtest.h>

namespace livefix {
namespace {

using namespace std::chrono_literals;

const std::string kPreviewKey(64, 'a');
constexpr std::chrono::sys_seconds kSigned{1'764'180'000s};

std::string pass_of_shop(const std::string& release = "") {
  return sign_preview(kPreviewKey, "shop", {release, kSigned + 1h});
}

TEST(PreviewPasses, AreReadAsTheyWereSigned) {
  EXPECT_EQ(read_preview(kPreviewKey, "shop", pass_of_shop(), kSigned),
            (PreviewPass{"", kSigned + 1h}));
  EXPECT_EQ(read_preview(kPreviewKey, "shop", pass_of_shop("7f3c2d1"), kSigned),
            (PreviewPass{"7f3c2d1", kSigned + 1h}));
  EXPECT_TRUE(pass_of_shop().starts_with("candidate.1764183600."));
}

TEST(PreviewPasses, OfAnotherServiceOrKeyAreNone) {
  EXPECT_FALSE(read_preview(kPreviewKey, "cart", pass_of_shop(), kSigned));
  EXPECT_FALSE(read_preview(std::string(64, 'b'), "shop", pass_of_shop(), kSigned));
  EXPECT_FALSE(read_preview("", "shop", sign_preview("", "shop", {{}, kSigned + 1h}), kSigned))
      << "without a key nobody is let in";
}

TEST(PreviewPasses, AreGoodUntilTheirTimeIsOver) {
  EXPECT_TRUE(read_preview(kPreviewKey, "shop", pass_of_shop(), kSigned + 1h - 1s));
  EXPECT_FALSE(read_preview(kPreviewKey, "shop", pass_of_shop(), kSigned + 1h));
}

// Whatever byte of it is changed, or left out.
TEST(PreviewPasses, ThatWereForgedAreNone) {
  const std::string pass = pass_of_shop();
  for (std::size_t i = 0; i < pass.size(); ++i) {
    std::string forged = pass;
    forged[i] = forged[i] == '1' ? '2' : '1';
    EXPECT_FALSE(read_preview(kPreviewKey, "shop", forged, kSigned)) << forged;
    EXPECT_FALSE(read_preview(kPreviewKey, "shop", pass.substr(0, i), kSigned)) << i;
    EXPECT_FALSE(read_preview(kPreviewKey, "shop", pass.substr(i + 1), kSigned)) << i;
  }
  EXPECT_FALSE(read_preview(kPreviewKey, "shop", pass + "0", kSigned));
  EXPECT_FALSE(read_preview(kPreviewKey, "shop", std::string(100'000, '.'), kSigned));
}

TEST(PreviewPasses, HaveKeysThatAreNeverTheSame) {
  const auto one = make_preview_key();
  const auto other = make_preview_key();
  ASSERT_TRUE(one && other);
  EXPECT_TRUE(is_preview_key(*one));
  EXPECT_NE(*one, *other);
  for (const std::string& no_key : {std::string(), std::string(63, 'a'), std::string(64, 'A')}) {
    EXPECT_FALSE(is_preview_key(no_key)) << no_key;
  }
}

}  // namespace
}  // namespace livefix
