#include "cli/revision.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

TEST(Revision, IsWhatGitTakesForACommit) {
  for (const char* word :
       {"7f3c2d1", "main", "feature/cart", "v1.2", "main~2", "main@{1}", "a^2"}) {
    EXPECT_EQ(parse_revision(word).value_or(""), word);
  }
}

TEST(Revision, IsNothingThatATargetWouldTakeApart) {
  for (const char* word :
       {"", "--all", "a b", "a&who=x", "a#b", "a%20", "a?b", "\xc3\xa4", "a\n"}) {
    EXPECT_FALSE(parse_revision(word)) << word;
  }
}

}  // namespace
}  // namespace livefix::cli
