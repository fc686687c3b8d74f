#include "cli/branch_name.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

std::string refusal_of_branch(std::string_view text) {
  const auto parsed = parse_branch(text);
  return parsed ? "accepted" : parsed.error().message;
}

TEST(ParseBranch, TakesWhatGitTakes) {
  for (const auto* name :
       {"main", "release/2.4", "a", "feature/x-y_z", "a.b", "@a", "a@", "a@b{", "lock", "a.lock.b",
        "head", "HEAD/x", "a-", "b\xc3\xa4r", "x{}", "#1", "100%", "refs", "refs/tags/x"}) {
    EXPECT_EQ(refusal_of_branch(name), "accepted") << name;
  }
}

TEST(ParseBranch, RefusesWhatGitRefuses) {
  for (const auto* name :
       {"",   "/",    "/a",     "a/",       "a//b", ".a",    "a/.b",  ".",   "..", "a..b",
        "a.", "a/b.", "a.lock", "a.lock/b", "a b",  "a\tb",  "a\x7f", "a~1", "a^", "a:b",
        "a?", "a*",   "a[1]",   "a\\b",     "@",    "a@{1}", "-a",    "HEAD"}) {
    EXPECT_NE(refusal_of_branch(name), "accepted") << name;
  }
}

TEST(ParseBranch, SaysWhatIsWrong) {
  EXPECT_EQ(refusal_of_branch("my branch"),
            "\"my branch\" is no branch: it has a space or a control character; write \"main\"");
  EXPECT_EQ(refusal_of_branch("a/.b"),
            "\"a/.b\" is no branch: it has a part that begins with a dot; write \"main\"");
  EXPECT_EQ(refusal_of_branch("refs/heads/main"),
            "\"refs/heads/main\" is more than the branch's name; write \"main\"");
  EXPECT_EQ(refusal_of_branch(std::string(201, 'a')),
            "\"" + std::string(60, 'a') +
                "...\" is no branch: it is longer than 200 bytes; write \"main\"");
}

}  // namespace
}  // namespace livefix::cli
