#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/temporary_tree.h"

namespace livefix::cli {
namespace {

using Words = std::vector<std::string>;

constexpr auto kShops = R"(
[service.cart]
command     = "{output} -v"
build       = "go build -o {output} ./cmd/cart"
directory   = "services/cart"
paths       = ["/cart"]
drain       = "2m"
[service.shop]
command     = "node server.js"
port        = 3000
environment = { COLOUR = "green" }
keep        = ["node_modules"]
health      = { path = "/healthz", timeout = "3s" }
plan        = "handover"
[service.shop.rollout]
steps          = ["10%", "100%"]
bake           = "20s"
warm           = "1h"
max_error_rate = "+1%"
max_p99        = "+100%"
little_traffic = "wait"
patience       = "5m"
[push]
branch         = "live"
require_signed = "allowed_signers"
keep_releases  = 7
listen         = "127.0.0.1:4850"
[proxy]
threads    = 2
request_id = "X-Trace"
)";

std::string told(const RolloutPolicy& rollout) {
  const auto health = rollout.health ? fmt::format("{} within {} ms", rollout.health->path,
                                                   rollout.health->timeout.count())
                                     : "none";
  return fmt::format(
      "steps {}, bake {}, warm {}, errors {}, p99 {}, little {}, patience {}, "
      "health {}, plan {}",
      fmt::join(rollout.steps, " "), rollout.bake.count(), rollout.warm.count(),
      rollout.max_error_rate, rollout.max_p99, static_cast<int>(rollout.little_traffic),
      rollout.patience.count(), health, static_cast<int>(rollout.plan));
}

// Everything of a run that `serve` decides, a line for each group.
std::string told(const RunSpec& run) {
  auto text = fmt::format("run {} in {}, {} workers, {}\n", run.name, run.run_directory,
                          run.workers, run.proxy.request_id);
  for (const auto& service : run.services) {
    text += fmt::format(
        "service {} '{}' in {} at '{}', runtime {}\n  command {}\n  build {}\n  environment {}\n"
        "  port {}, watched {}, drain {}, keep {}\n  {}\n",
        service.name, service.title, service.directory, service.place,
        static_cast<int>(service.runtime), fmt::join(service.command, "|"),
        service.build ? fmt::format("{} in '{}'", fmt::join(service.build->command, "|"),
                                    service.build->directory)
                      : "none",
        fmt::join(service.environment, "|"), service.port, service.watch.enabled,
        service.timing.drain.count(), fmt::join(service.keep, "|"), told(service.rollout));
  }
  if (!run.commits) return text + "no commits\n";
  const auto& commits = *run.commits;
  return text + fmt::format("commits in {}, branch {}, signers {}, kept {}, listen {}\n",
                            commits.state_directory, commits.branch, commits.allowed_signers,
                            commits.kept_releases,
                            commits.listen ? commits.listen->to_string() : "nowhere");
}

class ServeCommandTest : public testing::Test {
 protected:
  ServeCommandTest() : before_(std::filesystem::current_path()), path_(std::getenv("PATH")) {
    unsetenv("LIVEFIX_DIR");
    for (const auto* name : {"git", "node", "go"}) tree_.program(std::string("bin/") + name);
    setenv("PATH", tree_.path("bin").c_str(), 1);
    tree_.file("shops/allowed_signers");
    std::filesystem::current_path(tree_.path("shops"));
  }
  ~ServeCommandTest() override {
    unsetenv("LIVEFIX_DIR");
    setenv("PATH", path_.c_str(), 1);
    std::filesystem::current_path(before_);
  }

  std::variant<int, RunSpec> start(Words words) {
    words.insert(words.begin(), {"livefix", "serve"});
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    testing::internal::CaptureStderr();
    auto outcome = run(static_cast<int>(words.size()), argv.data());
    errors_ = testing::internal::GetCapturedStderr();
    return outcome;
  }
  RunSpec run_of(const Words& words) {
    auto outcome = start(words);
    if (auto* run = std::get_if<RunSpec>(&outcome)) return std::move(*run);
    ADD_FAILURE() << errors_;
    RunSpec none;
    none.services.resize(1);
    none.commits.emplace();
    return none;
  }
  // The exit status, and what is said; the beginning of both is checked by the caller.
  std::pair<int, std::string> refused(const Words& words) {
    const auto outcome = start(words);
    const int* status = std::get_if<int>(&outcome);
    return {status ? *status : -1, errors_};
  }
  using Refusal = std::pair<int, std::string>;

  void config(std::string_view text) const { tree_.file("shops/livefix.toml", std::string(text)); }
  // The tree's own path is another each time.
  std::string without_root(std::string text) const {
    for (std::size_t at = 0; (at = text.find(tree_.path())) != std::string::npos;) {
      text.replace(at, tree_.path().size(), "ROOT");
    }
    return text;
  }

  TemporaryTree tree_;
  std::filesystem::path before_;
  std::string path_;
  std::string errors_;
};

TEST_F(ServeCommandTest, MakesARunOfCommits) {
  config(kShops);
  const auto run = run_of({"--state", "../state"});
  EXPECT_EQ(without_root(told(run)), R"(run shops in ROOT/state/run/shops, 2 workers, X-Trace
service cart 'cart -v' in ROOT/state at 'services/cart', runtime 3
  command {output}|-v
  build go|build|-o|{output}|./cmd/cart in ''
  environment 
  port 0, watched false, drain 120000, keep 
  steps 5 50 100, bake 10000, warm 600000, errors 0.005, p99 0.5, little 0, patience 600000, health none, plan 0
service shop 'node server.js' in ROOT/state at '', runtime 1
  command node|server.js
  build none
  environment COLOUR=green|PORT=3000
  port 3000, watched false, drain 30000, keep node_modules
  steps 10 100, bake 20000, warm 3600000, errors 0.01, p99 1, little 1, patience 300000, health /healthz within 3000 ms, plan 1
commits in ROOT/state, branch live, signers ROOT/shops/allowed_signers, kept 7, listen 127.0.0.1:4850
)");
  EXPECT_EQ(run.commits->livefix, std::filesystem::read_symlink("/proc/self/exe").string());
  EXPECT_EQ(errors_, "");
}

TEST_F(ServeCommandTest, KeepsItsStateWhereItIsTold) {
  config("[service.shop]\ncommand = 'node server.js'\n");
  const auto state_of = [&](const Words& words) {
    const auto run = run_of(words);
    EXPECT_EQ(run.run_directory, run.commits->state_directory + "/run/shop");
    EXPECT_EQ(run.services[0].directory, run.commits->state_directory);
    EXPECT_TRUE(std::filesystem::is_directory(run.commits->state_directory));
    return without_root(run.commits->state_directory);
  };
  EXPECT_EQ(state_of({}), "ROOT/shops/.livefix");
  std::filesystem::current_path(tree_.path());
  EXPECT_EQ(state_of({"-c", "shops/livefix.toml"}), "ROOT/shops/.livefix");
  setenv("LIVEFIX_DIR", "by/environment/", 1);
  EXPECT_EQ(state_of({"-c", "shops/livefix.toml"}), "ROOT/by/environment");
  EXPECT_EQ(state_of({"-c", "shops/livefix.toml", "--state", "by/option"}), "ROOT/by/option");
  struct stat status{};
  ASSERT_EQ(stat(tree_.path("by/option").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST_F(ServeCommandTest, TakesOptions) {
  config(kShops);
  const auto run = run_of({"--service", "shop", "--name", "x", "--workers", "3", "--drain", "1s",
                           "--quiet", "--json", "--color", "never"});
  ASSERT_EQ(run.services.size(), 1U);
  EXPECT_EQ(run.name, "x");
  EXPECT_EQ(run.services[0].name, "x");
  EXPECT_EQ(run.workers, 3);
  EXPECT_EQ(run.services[0].timing.drain, Milliseconds{1000});
  EXPECT_EQ(run.output.verbosity, Verbosity::quiet);
  EXPECT_TRUE(run.output.json);
  EXPECT_EQ(run_of({"--name", "both"}).name, "both");
  EXPECT_EQ(
      refused({"--port", "1"}),
      (Refusal{2, "livefix: livefix serve has no option --port; see livefix serve --help\n"}));
  EXPECT_EQ(refused({"--workers", "0"}),
            (Refusal{2, "livefix: --workers: \"0\" is not a number from 1 to 64\n"}));
  EXPECT_EQ(refused({"node", "server.js"}).first, 2) << "a command is no commit";
}

TEST_F(ServeCommandTest, NeedsServices) {
  EXPECT_EQ(refused({}),
            (Refusal{2,
                     "livefix: there is no livefix.toml here; write one with [service.NAME] and "
                     "command = \"node server.js\", or name it with --config FILE\n"}));
  EXPECT_EQ(refused({"-c", "shop.toml"}), (Refusal{2, "shop.toml: no such file\n"}));
  config("[push]\nbranch = 'main'\n");
  EXPECT_EQ(refused({}),
            (Refusal{2,
                     "livefix: livefix.toml describes no service; add [service.NAME] with command "
                     "= \"node server.js\"\n"}));
  EXPECT_EQ(refused({"--service", "shop"}),
            (Refusal{2,
                     "livefix: --service: livefix.toml describes no service; add "
                     "[service.shop]\n"}));
  config("[service.shop]\n");
  EXPECT_EQ(refused({}),
            (Refusal{2,
                     "livefix: service.shop in livefix.toml has no command; write command = \"node "
                     "server.js\"\n"}));
}

TEST_F(ServeCommandTest, SaysWhatCannotBeServedAndLeavesNothingBehind) {
  config("[service.shop]\ncommand = 'server.js'\n");
  EXPECT_EQ(refused({}),
            (Refusal{2,
                     "livefix: service.shop.command: server.js is no program; write command = "
                     "\"node server.js\"\n"}));
  config("[service.shop]\ncommand = 'nod x'\n");
  EXPECT_EQ(refused({}),
            (Refusal{127,
                     "livefix: service.shop.command: nod: command not found; did you mean "
                     "node?\n"}));
  config("[service.shop]\ncommand = 'node x'\ndirectory = '/srv'\n[push]\nbranch = 'a b'\n");
  EXPECT_EQ(refused({}),
            (Refusal{2,
                     "livefix.toml:3: service.shop.directory: \"/srv\" is absolute; write a path "
                     "inside of the commit, \"services/cart\"\n"
                     "livefix.toml:5: push.branch: \"a b\" is no branch: it has a space or a "
                     "control character; write \"main\"\n"}));
  config("[service.a]\ncommand = 'node x'\nport = 1\n[service.b]\ncommand = 'node x'\nport = 1\n");
  EXPECT_EQ(refused({}).first, 2);
  config("[service.shop]\ncommand = 'node x'\n");
  EXPECT_EQ(refused({"--name", "My Shop"}).first, 2);
  std::filesystem::remove(tree_.path("bin/git"));
  EXPECT_EQ(refused({}),
            (Refusal{127, "livefix: pushes are taken by git, which is not in PATH; install it\n"}));
  EXPECT_FALSE(std::filesystem::exists(tree_.path("shops/.livefix")));
}

TEST_F(ServeCommandTest, SaysWhyItCannotKeepItsState) {
  config("[service.shop]\ncommand = 'node x'\n");
  EXPECT_EQ(refused({"--state", "livefix.toml"}),
            (Refusal{1, "livefix: the state directory " + tree_.path("shops/livefix.toml") +
                            " is no directory; name another with --state DIR\n"}));
}

TEST_F(ServeCommandTest, IsNotWhatPlainLivefixDoes) {
  config(kShops);
  tree_.file("shops/server.js");
  tree_.file("shops/services/cart/main.go");
  Words words{"livefix", "--service", "shop"};
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const auto outcome = run(static_cast<int>(words.size()), argv.data());
  const auto& run = std::get<RunSpec>(outcome);
  EXPECT_FALSE(run.commits);
  EXPECT_TRUE(run.services.at(0).watch.enabled);
  EXPECT_EQ(run.services.at(0).directory, tree_.path("shops"));
  EXPECT_TRUE(run.services.at(0).keep.empty());
  EXPECT_FALSE(run.services.at(0).rollout.health);
}

}  // namespace
}  // namespace livefix::cli
