#include "cli/completion_scripts.h"

#include <gtest/gtest.h>

#include "cli/commands.h"
#include "cli/shell_words.h"
#include "cli/temporary_tree.h"
#include "os/capture.h"

namespace livefix::cli {
namespace {

// What bash offers for the last of `words`, one a line.
std::string offered_by_bash(const std::vector<std::string>& words) {
  TemporaryTree tree;
  tree.file("script", bash_completion());
  tree.file("work/server.js");
  tree.file("work/livefix.toml", "[service.shop]\n[service.cart.limits]\n[service.cart]\n");
  tree.directory("work/src");
  const auto line = fmt::format(
      "livefix() {{ echo '{{\"service\":\"shop\",\"title\":\"x\"}}'; }}; source ../script; "
      "COMP_WORDS=({}); COMP_CWORD={}; _livefix; printf '%s\\n' "
      "\"${{COMPREPLY[@]}}\"",
      shell_quoted(words), words.size() - 1);
  const auto output = os::capture({.command = {"bash", "--norc", "-c", line},
                                   .directory = tree.path("work"),
                                   .patience = Milliseconds{10'000}});
  if (!output) return "failed: " + output.error().message;
  return *output;
}

TEST(BashCompletion, OffersOptionsCommandsAndFiles) {
  EXPECT_EQ(offered_by_bash({"livefix", "--po"}), "--port\n");
  EXPECT_EQ(offered_by_bash({"livefix", "stat"}).substr(0, 7), "status\n");
  EXPECT_EQ(offered_by_bash({"livefix", "server"}).substr(0, 10), "server.js\n");
  EXPECT_EQ(offered_by_bash({"livefix", "--dir", "s"}), "src\n");
  EXPECT_EQ(offered_by_bash({"livefix", "--color", "al"}), "always\n");
  EXPECT_EQ(offered_by_bash({"livefix", "--color", "=", "al"}), "always\n");
}

TEST(BashCompletion, KnowsTheCommands) {
  EXPECT_EQ(offered_by_bash({"livefix", "status", "--j"}), "--json\n");
  EXPECT_EQ(offered_by_bash({"livefix", "--name", "shop", "reload", "--ti"}), "--timeout\n");
  EXPECT_EQ(offered_by_bash({"livefix", "completion", "z"}), "zsh\n");
  EXPECT_EQ(offered_by_bash({"livefix", "serve", "--st"}), "--state\n");
  EXPECT_EQ(offered_by_bash({"livefix", "drift", "ad"}), "adopt\n");
  EXPECT_EQ(offered_by_bash({"livefix", "drift", "adopt", "--br"}), "--branch\n");
  EXPECT_EQ(offered_by_bash({"livefix", "logs", "--service", "c"}), "cart\n");
  EXPECT_EQ(offered_by_bash({"livefix", "audit", "l"}), "log\n");
  EXPECT_EQ(offered_by_bash({"livefix", "audit", "log", "--mo"}), "--most\n");
  EXPECT_EQ(offered_by_bash({"livefix", "logs", "--fo"}), "--follow\n");
  EXPECT_EQ(offered_by_bash({"livefix", "serve", "--state", "s"}), "src\n");
  EXPECT_EQ(offered_by_bash({"livefix", "token", "re"}), "remove\n");
  EXPECT_EQ(offered_by_bash({"livefix", "token", "add", "ci", "--scope", "a"}), "admin\n");
  EXPECT_EQ(offered_by_bash({"livefix", "token", "list", "--state", "s"}), "src\n");
}

TEST(BashCompletion, OffersTheNamesThatRun) {
  EXPECT_EQ(offered_by_bash({"livefix", "status", "--name", "s"}), "shop\n");
}

TEST(BashCompletion, OffersFilesAndTheServicesOfOne) {
  EXPECT_EQ(offered_by_bash({"livefix", "--config", "live"}), "livefix.toml\n");
  EXPECT_EQ(offered_by_bash({"livefix", "--service", ""}), "shop\ncart\n");
}

TEST(BashCompletion, OffersADirectoryOnce) {
  EXPECT_EQ(offered_by_bash({"livefix", "sr"}).find("src\n"), 0U);
  EXPECT_EQ(offered_by_bash({"livefix", "sr"}).find("src\n", 1), std::string::npos);
}

TEST(BashCompletion, LeavesTheProgramsArgumentsAlone) {
  EXPECT_EQ(offered_by_bash({"livefix", "node", "ser"}), "server.js\n");
  EXPECT_EQ(offered_by_bash({"livefix", "node", "--po"}), "\n");
  EXPECT_EQ(offered_by_bash({"livefix", "--", "status", "ser"}), "server.js\n");
  EXPECT_EQ(offered_by_bash({"livefix", "run", "status", "ser"}), "server.js\n");
}

TEST(CompletionScripts, KnowEveryOptionOfEveryCommand) {
  for (const auto& command : kCommands) {
    for (const auto& option : command.options()) {
      EXPECT_NE(bash_completion().find(option.name), std::string::npos) << option.name;
      EXPECT_NE(zsh_completion().find(option.name), std::string::npos) << option.name;
      EXPECT_NE(fish_completion().find("-l " + option.name.substr(2)), std::string::npos)
          << option.name;
    }
  }
}

}  // namespace
}  // namespace livefix::cli
