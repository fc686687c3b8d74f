#include "cli/shell_words.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

using Words = std::vector<std::string>;

TEST(ShellWords, AreQuotedOnlyWhereNeeded) {
  EXPECT_EQ(shell_quoted(Words{"node", "server.js", "--port=1"}), "node server.js --port=1");
  EXPECT_EQ(shell_quoted(Words{"echo", "a b", "", "it's", "$x"}), "echo 'a b' '' 'it'\\''s' '$x'");
}

TEST(ShellWords, AreSplitAsTheyWereQuoted) {
  const Words words = {"echo", "a b", "", "it's", "$x", "\"", "\\"};
  EXPECT_EQ(shell_split(shell_quoted(words)), words);
  EXPECT_EQ(shell_split("NODE_ENV=dev  node \"a b\".js&& rm x"),
            (Words{"NODE_ENV=dev", "node", "a b.js"}));
  EXPECT_EQ(shell_split(""), Words{});
}

}  // namespace
}  // namespace livefix::cli
