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

TEST(CommandWords, AreThoseOfAShell) {
  EXPECT_EQ(command_words("node server.js").value(), (Words{"node", "server.js"}));
  EXPECT_EQ(command_words(" a  'b c'\td\"e f\" ").value(), (Words{"a", "b c", "de f"}));
  EXPECT_EQ(command_words(R"(x '$HOME;*' \$y "a'b" "\"" '')").value(),
            (Words{"x", "$HOME;*", "$y", "a'b", "\"", ""}));
  EXPECT_EQ(command_words("go build -o {output} a~b").value(),
            (Words{"go", "build", "-o", "{output}", "a~b"}));
}

TEST(CommandWords, RefuseWhatNeedsAShell) {
  const auto error = [](std::string_view line) {
    const auto words = command_words(line);
    return words ? std::string("accepted") : words.error().message;
  };
  for (const auto* line : {"a && b", "a; b", "a | b", "a > b", "a $B", "a \"$B\"", "a `b`",
                           "a *.js", "a ~/b", "(a)", "a b?"}) {
    EXPECT_NE(error(line).find("would be for a shell"), std::string::npos) << line;
  }
  EXPECT_EQ(error("a && b"),
            "\"&\" would be for a shell, and none is used; put it in single quotes, or write "
            "[\"sh\", \"-c\", \"...\"]");
  EXPECT_EQ(error("a 'b"), "the quote ' does not end; close it");
  EXPECT_EQ(error("a \\"), "a backslash ends it; remove it or write it twice");
  EXPECT_EQ(error("  "), "it has no words; name a program");
}

}  // namespace
}  // namespace livefix::cli
