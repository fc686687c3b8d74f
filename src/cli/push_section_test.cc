#include "cli/push_section.h"

#include <gtest/gtest.h>

#include "cli/config_file.h"
#include "cli/temporary_tree.h"

namespace livefix::cli {
namespace {

class PushSectionTest : public testing::Test {
 protected:
  PushSectionTest() { tree_.file("keys/allowed_signers"); }

  std::expected<ConfigFile, ConfigErrors> parse(std::string_view text, CodeSource source) const {
    return parse_config(text, tree_.path("livefix.toml"), "livefix.toml", source);
  }
  CommitSpec push(std::string_view lines) const {
    const auto config = parse(fmt::format("[push]\n{}\n", lines), CodeSource::commits);
    EXPECT_TRUE(config) << fmt::format("{}", fmt::join(config.error(), "\n"));
    return config ? config->push : CommitSpec{};
  }
  // What is wrong, whichever livefix reads it; without the name of the file.
  std::string push_problem(std::string_view lines) const {
    const auto text = fmt::format("[push]\n{}\n", lines);
    const auto config = parse(text, CodeSource::commits);
    if (config) return "accepted";
    EXPECT_EQ(parse(text, CodeSource::tree).error(), config.error());
    return config.error().at(0).substr(std::string_view("livefix.toml:2: push.").size());
  }

  TemporaryTree tree_;
};

TEST_F(PushSectionTest, SaysWhatIsTakenAndKept) {
  const auto spec = push(
      "branch = \"release/live\"\nrequire_signed = \"keys/allowed_signers\"\n"
      "keep_releases = 12\nlisten = \"[::1]:4850\"");
  EXPECT_EQ(spec.branch, "release/live");
  EXPECT_EQ(spec.allowed_signers, tree_.path("keys/allowed_signers"));
  EXPECT_EQ(spec.kept_releases, 12U);
  ASSERT_TRUE(spec.listen);
  EXPECT_EQ(spec.listen->to_string(), "[::1]:4850");
}

TEST_F(PushSectionTest, HasDefaultsForEverything) {
  const auto spec = push("");
  EXPECT_EQ(spec.branch, "main");
  EXPECT_EQ(spec.allowed_signers, "");
  EXPECT_EQ(spec.kept_releases, 5U);
  EXPECT_FALSE(spec.listen);
}

TEST_F(PushSectionTest, RefusesWhatCannotBe) {
  EXPECT_EQ(push_problem("branch = \"my branch\""),
            "branch: \"my branch\" is no branch: it has a space or a control character; write "
            "\"main\"");
  EXPECT_EQ(push_problem("branch = \"refs/heads/live\""),
            "branch: \"refs/heads/live\" is more than the branch's name; write \"live\"");
  EXPECT_EQ(push_problem("branch = 1"), "branch: 1 is a number; write \"main\"");
  EXPECT_EQ(push_problem("require_signed = true"),
            "require_signed: true does not go here; write \"allowed_signers\", a file of "
            "ssh-keygen");
  EXPECT_EQ(push_problem("require_signed = \"keys\""),
            "require_signed: \"keys\" is no file; write a path from this file");
  EXPECT_EQ(push_problem("keep_releases = 0"),
            "keep_releases: 0 is too small; write a number from 1 to 1000");
  EXPECT_EQ(push_problem("keep_releases = 1001"),
            "keep_releases: 1001 is too large; write a number from 1 to 1000");
  EXPECT_EQ(push_problem("listen = 4850"), "listen: 4850 is a number; write \"127.0.0.1:4850\"");
  EXPECT_EQ(push_problem("listen = \"localhost:4850\""),
            "listen: \"localhost:4850\" is no address with a port; write \"127.0.0.1:4850\"");
  EXPECT_EQ(push_problem("listen = \"127.0.0.1:0\""),
            "listen: \"127.0.0.1:0\" has port 0; write a number from 1 to 65535");
  EXPECT_EQ(push_problem("brnch = \"main\""), "brnch: there is no such key; did you mean branch?");
}

TEST_F(PushSectionTest, SharesNoAddressWithTheProxy) {
  EXPECT_EQ(
      push_problem("listen = \"127.0.0.1:80\"\n[proxy]\nlisten = [\"0.0.0.0:8080\", \"[::]:80\"]"),
      "listen: \"127.0.0.1:80\" is \"[::]:80\" of proxy.listen as well; write another port");
  EXPECT_EQ(push_problem("listen = \"127.0.0.1:80\"\n[proxy]\nlisten = [\"127.0.0.2:80\"]"),
            "accepted");
  EXPECT_EQ(push_problem("listen = \"127.0.0.1:81\"\n[proxy]\nlisten = [\"0.0.0.0:80\"]"),
            "accepted");
}

}  // namespace
}  // namespace livefix::cli
