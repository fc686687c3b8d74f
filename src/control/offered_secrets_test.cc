#include "control/offered_secrets.h"

#include <gtest/gtest.h>

namespace livefix::control {
namespace {

using Secrets = std::vector<std::string>;

TEST(OfferedSecrets, AreUserAndPasswordOfBasic) {
  EXPECT_EQ(offered_secrets("Basic YW5uYTpzZWNyZXQ="), (Secrets{"secret", "anna"}));
  EXPECT_EQ(offered_secrets("basic   c2VjcmV0Og=="), Secrets{"secret"});  // "secret:"
  EXPECT_EQ(offered_secrets("Basic OnNlY3JldA=="), Secrets{"secret"});    // ":secret"
  EXPECT_EQ(offered_secrets("Basic YTpiOmM="), (Secrets{"b:c", "a"}));    // "a:b:c"
}

TEST(OfferedSecrets, AreTheTokenOfBearer) {
  EXPECT_EQ(offered_secrets("Bearer abc"), Secrets{"abc"});
  EXPECT_EQ(offered_secrets("BEARER abc"), Secrets{"abc"});
}

TEST(OfferedSecrets, AreNoneOfAnythingElse) {
  for (const std::string wrong :
       {"", "Basic", "Basic ", "Bearer", "Bearer ", "Digest YTpi", "Basic YTpi=", "Basic YTp",
        "Basic YT=pi===", "Basic Y Tp", "Basic !!!!", "BasicYTpi", "Basic Og==", "Basic YWI="}) {
    EXPECT_EQ(offered_secrets(wrong), Secrets{}) << wrong;
  }
  EXPECT_EQ(offered_secrets("Basic " + std::string(100'000, 'A')), Secrets{});
}

}  // namespace
}  // namespace livefix::control
