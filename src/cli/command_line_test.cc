#include "cli/command_line.h"

#include <gtest/gtest.h>

namespace livefix::cli {
namespace {

using Words = std::vector<std::string>;

class CommandLineTest : public testing::Test {
 protected:
  CommandLineTest() : line_("livefix", "[options] COMMAND...", "Runs a service.") {
    line_.value("-p,--port", "PORT", "The port", port_);
    line_.value("--color", "WHEN", "Colours", colour_, {"auto", "always", "never"});
    line_.list("--ignore", "PATTERN", "Left out", ignored_);
    line_.flag("-q,--quiet", "Say less", quiet_);
    line_.epilogue("Examples:\n  livefix node server.js");
  }

  CommandLine::Rest parse(const Words& words) {
    auto outcome = line_.parse(words);
    if (const auto* status = std::get_if<int>(&outcome)) {
      ADD_FAILURE() << "ended with " << *status;
      return {};
    }
    return std::get<CommandLine::Rest>(outcome);
  }
  // What is complained about.
  std::string complaint(const Words& words) {
    testing::internal::CaptureStderr();
    const auto outcome = line_.parse(words);
    const auto text = testing::internal::GetCapturedStderr();
    EXPECT_TRUE(std::holds_alternative<int>(outcome) && std::get<int>(outcome) == 2);
    return text;
  }

  std::string port_;
  std::string colour_;
  std::vector<std::string> ignored_;
  bool quiet_ = false;
  CommandLine line_;
};

TEST_F(CommandLineTest, TakesOptionsBeforeTheCommandAndLeavesTheRest) {
  const auto rest = parse({"-p", "3000", "--quiet", "node", "server.js", "--port", "1", "--help"});
  EXPECT_EQ(port_, "3000");
  EXPECT_TRUE(quiet_);
  EXPECT_EQ(rest.words, (Words{"node", "server.js", "--port", "1", "--help"}));
  EXPECT_FALSE(rest.separated);
}

TEST_F(CommandLineTest, TakesValuesInBothForms) {
  const auto rest = parse({"--port=1", "--ignore", "*.tmp", "--ignore=data/**", "x"});
  EXPECT_EQ(port_, "1");
  EXPECT_EQ(ignored_, (Words{"*.tmp", "data/**"}));
  EXPECT_EQ(rest.words, Words{"x"});
}

TEST_F(CommandLineTest, TakesAValueThatLooksLikeAnOption) {
  parse({"--ignore", "-x", "--port", "--quiet", "x"});
  EXPECT_EQ(ignored_, Words{"-x"});
  EXPECT_EQ(port_, "--quiet");
  EXPECT_FALSE(quiet_);
}

TEST_F(CommandLineTest, TakesTheLastOfSeveralValues) {
  parse({"--port", "1", "--port", "2"});
  EXPECT_EQ(port_, "2");
}

TEST_F(CommandLineTest, EndsAtTwoHyphens) {
  const auto rest = parse({"--quiet", "--", "--weird", "--"});
  EXPECT_EQ(rest.words, (Words{"--weird", "--"}));
  EXPECT_TRUE(rest.separated);
}

TEST_F(CommandLineTest, NamesTheNearestOption) {
  EXPECT_EQ(complaint({"--prot", "3000", "node"}),
            "livefix: unknown option --prot; did you mean --port?\n");
  EXPECT_EQ(complaint({"--zzzzzzzzz"}),
            "livefix: unknown option --zzzzzzzzz; see livefix --help\n");
  EXPECT_EQ(complaint({"--prot=1"}), "livefix: unknown option --prot; did you mean --port?\n");
}

TEST_F(CommandLineTest, SaysWhatAnOptionLacks) {
  EXPECT_EQ(complaint({"--port"}), "livefix: --port needs a value: --port PORT\n");
  EXPECT_EQ(complaint({"--quiet=yes"}), "livefix: --quiet takes no value\n");
  EXPECT_EQ(complaint({"--color", "red"}),
            "livefix: --color: \"red\" is not one of auto, always, never\n");
}

TEST_F(CommandLineTest, RefusesWordsWhereOnlyOptionsBelong) {
  testing::internal::CaptureStderr();
  const auto outcome = line_.parse_options_only(Words{"--quiet", "shop"});
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "livefix: livefix takes options only, but got \"shop\"; see livefix --help\n");
  EXPECT_EQ(std::get<int>(outcome), 2);
}

TEST_F(CommandLineTest, ExplainsItself) {
  const auto help = line_.help();
  EXPECT_NE(help.find("Usage: livefix [options] COMMAND..."), std::string::npos) << help;
  EXPECT_NE(help.find("-p,--port PORT"), std::string::npos) << help;
  EXPECT_NE(help.find("Examples:\n  livefix node server.js"), std::string::npos) << help;
  testing::internal::CaptureStdout();
  EXPECT_EQ(std::get<int>(line_.parse(Words{"--help"})), 0);
  EXPECT_EQ(testing::internal::GetCapturedStdout(), help);
}

}  // namespace
}  // namespace livefix::cli
