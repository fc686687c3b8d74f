#include "cli/cli.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <map>

#include "cli/commands.h"
#include "cli/temporary_tree.h"
#include "os/fd.h"

namespace livefix::cli {
namespace {

using Words = std::vector<std::string>;

constexpr auto kStatus =
    R"({"service":"shop","urls":["http://localhost:1"],"generations":[{"id":1,"release":"dev-1",)"
    R"("state":"serving","pids":[7],"age_ms":1000}]})";

// A process that answers like a keeper's control: by the first line of the request. It ends after
// it was told to stop, when `stops`.
class FakeKeeper {
 public:
  FakeKeeper(const std::string& directory, std::map<std::string, std::string> answers) {
    const os::Fd listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strcpy(address.sun_path, (directory + "/control.sock").c_str());
    EXPECT_EQ(bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      listen(listener.get(), 8);  // here, so that the client sees this process
      kill(getpid(), SIGSTOP);
      serve(listener.get(), answers);
    }
    int wait_status = 0;
    waitpid(pid_, &wait_status, WUNTRACED);
    kill(pid_, SIGCONT);
  }
  ~FakeKeeper() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }

 private:
  [[noreturn]] static void serve(int listener, const std::map<std::string, std::string>& answers) {
    while (true) {
      const os::Fd client(accept(listener, nullptr, nullptr));
      char buffer[4096];
      const ssize_t size = read(client.get(), buffer, sizeof buffer);
      const std::string request(buffer, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
      for (const auto& [start, answer] : answers) {
        if (!request.starts_with(start)) continue;
        const auto text =
            fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\n\r\n{}",
                        answer.find("false") == std::string::npos ? "200 OK" : "409 Conflict",
                        answer.size(), answer);
        send(client.get(), text.data(), text.size(), MSG_NOSIGNAL);
        if (start.starts_with("POST /v1/stop")) _exit(0);
      }
    }
  }

  pid_t pid_ = -1;
};

class CliTest : public testing::Test {
 protected:
  CliTest() : before_(std::filesystem::current_path()) {
    unsetenv("LIVEFIX_DIR");
    tree_.file("app/server.js");
    tree_.program("app/status");
    tree_.program("app/tool");
    std::filesystem::current_path(tree_.path("app"));
  }
  ~CliTest() override { std::filesystem::current_path(before_); }

  std::variant<int, RunSpec> start(Words words) {
    words.insert(words.begin(), "livefix");
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    testing::internal::CaptureStderr();
    testing::internal::CaptureStdout();
    auto outcome = run(static_cast<int>(words.size()), argv.data());
    fflush(stdout);
    output_ = testing::internal::GetCapturedStdout();
    errors_ = testing::internal::GetCapturedStderr();
    return outcome;
  }
  int exit_status(const Words& words) {
    const auto outcome = start(words);
    if (const int* status = std::get_if<int>(&outcome)) return *status;
    ADD_FAILURE() << "runs something";
    return -1;
  }
  RunSpec run_of(const Words& words) {
    auto outcome = start(words);
    if (auto* run = std::get_if<RunSpec>(&outcome)) return *run;
    ADD_FAILURE() << errors_;
    RunSpec none;
    none.services.resize(1);
    return none;
  }
  ServiceSpec spec(const Words& words) {
    const auto run = run_of(words);
    EXPECT_EQ(run.services.size(), 1U);
    EXPECT_EQ(run.name, run.services[0].name);
    return run.services[0];
  }

  std::string service(const std::string& name) {
    tree_.directory("app/.livefix/run/" + name);
    return tree_.path("app/.livefix/run/" + name);
  }

  TemporaryTree tree_;
  std::filesystem::path before_;
  std::string output_;
  std::string errors_;
};

TEST_F(CliTest, LeavesWhatComesAfterTheCommandToTheProgram) {
  const auto made = spec({"--port", "3000", "./tool", "server.js", "--port", "1", "--help"});
  EXPECT_EQ(made.command, (Words{"./tool", "server.js", "--port", "1", "--help"}));
  EXPECT_EQ(made.port, 3000);
  EXPECT_EQ(made.title, "./tool server.js --port 1 --help");
  EXPECT_EQ(made.directory, tree_.path("app"));
}

TEST_F(CliTest, RunsProgramsThatAreNamedLikeACommand) {
  EXPECT_EQ(spec({"--", "status"}).command, Words{"./status"});
  EXPECT_EQ(spec({"run", "status", "x"}).command, (Words{"./status", "x"}));
  EXPECT_EQ(spec({"--name", "a", "run", "--quiet", "status"}).name, "a");
  EXPECT_EQ(spec({"run", "--", "status"}).command, Words{"./status"});
}

TEST_F(CliTest, HelpsWhoSaysNothing) {
  EXPECT_EQ(exit_status({}), 2);
  EXPECT_NE(errors_.find("livefix server.js"), std::string::npos);
  EXPECT_EQ(exit_status({"--quiet"}), 2);
  EXPECT_EQ(errors_, "livefix: no command was given; write for example: livefix node server.js\n");
  EXPECT_EQ(exit_status({"--version"}), 0);
  EXPECT_EQ(output_, "livefix " LIVEFIX_VERSION "\n");
}

TEST_F(CliTest, RunsWhatAFileDescribes) {
  tree_.file("app/livefix.toml",
             "[service.cart]\ncommand = './tool x'\ndrain = '5s'\n[proxy]\nthreads = 2\n"
             "request_id = 'X-Trace'\n");
  for (const auto& words : {Words{}, Words{"run"}, Words{"--service", "cart"}}) {
    const auto made = spec(words);
    EXPECT_EQ(made.name, "cart");
    EXPECT_EQ(made.title, "./tool x");
    EXPECT_EQ(made.command, (Words{"./tool", "x"}));
    EXPECT_EQ(made.directory, tree_.path("app"));
    EXPECT_EQ(made.timing.drain, Milliseconds{5000});
    EXPECT_EQ(run_of(words).workers, 2);
    EXPECT_EQ(run_of(words).proxy.request_id, "X-Trace");
  }
  const Words options{"--drain", "1s", "--workers", "3", "./status", "y"};
  const auto made = spec(options);
  EXPECT_EQ(made.command, (Words{"./status", "y"}));
  EXPECT_EQ(made.name, "cart");
  EXPECT_EQ(made.timing.drain, Milliseconds{1000});
  EXPECT_EQ(run_of(options).workers, 3);
}

TEST_F(CliTest, FindsTheFileElsewhere) {
  tree_.file("conf/shop.toml", "[service.shop]\ncommand = './tool'\ndirectory = '../app'\n");
  tree_.directory("conf/app");
  EXPECT_EQ(spec({"-c", "../conf/shop.toml"}).directory, tree_.path("app"));
  EXPECT_EQ(spec({"-c", "../conf/shop.toml", "--dir", "."}).directory, tree_.path("app"));
  EXPECT_EQ(run_of({"-c", "../conf/shop.toml"}).run_directory, tree_.path("app/.livefix/run/shop"));
  std::filesystem::rename(tree_.path("conf/shop.toml"), tree_.path("conf/livefix.toml"));
  EXPECT_EQ(spec({"--dir", "../conf"}).directory, tree_.path("app"));
  tree_.file("livefix.toml", "[service.shop]\ncommand = './tool'\ndirectory = 'app'\n");
  EXPECT_EQ(run_of({"--config=../livefix.toml"}).run_directory, tree_.path(".livefix/run/shop"));
}

TEST_F(CliTest, TellsEverythingThatIsWrongWithAFile) {
  tree_.file("app/livefix.toml", "[service.shop]\ncomand = 'x'\ndrain = '5'\n");
  EXPECT_EQ(exit_status({}), 2);
  EXPECT_EQ(errors_,
            "livefix.toml:2: service.shop.comand: there is no such key; did you mean command?\n"
            "livefix.toml:3: service.shop.drain: \"5\" has no unit; write \"5s\" or \"500ms\"\n");
  EXPECT_EQ(exit_status({"./tool"}), 2);
  EXPECT_EQ(exit_status({"--config", "none.toml"}), 2);
  EXPECT_EQ(errors_, "none.toml: no such file\n");
}

TEST_F(CliTest, SaysWhatAFileLeavesOpen) {
  EXPECT_EQ(exit_status({"--service", "shop"}), 2);
  EXPECT_EQ(errors_,
            "livefix: --service: there is no livefix.toml here; name it with --config FILE\n");
  tree_.file("app/livefix.toml", "");
  EXPECT_EQ(exit_status({}), 2);
  EXPECT_EQ(
      errors_,
      "livefix: livefix.toml describes no service; add [service.NAME] with a command, or give "
      "a command: livefix node server.js\n");
  EXPECT_EQ(spec({"./tool"}).name, "app");
  tree_.file("app/livefix.toml", "[service.shop]\n");
  EXPECT_EQ(exit_status({}), 2);
  EXPECT_EQ(errors_,
            "livefix: service.shop in livefix.toml has no command; write command = \"node "
            "server.js\"\n");
  tree_.file("app/livefix.toml", "[service.shop]\n[service.cart]\n");
  EXPECT_EQ(exit_status({"./tool"}), 2);
  EXPECT_EQ(errors_,
            "livefix: a command is about one service, and livefix.toml describes cart, shop; "
            "choose one with --service\n");
  EXPECT_EQ(spec({"--service", "cart", "./tool"}).name, "cart");
}

constexpr auto kTwo =
    "[service.cart]\ncommand = './tool cart'\ndirectory = 'cart'\n"
    "[service.shop]\ncommand = './tool shop'\nport = 3000\n";

TEST_F(CliTest, RunsAllThatAFileDescribes) {
  tree_.file("app/livefix.toml", kTwo);
  tree_.program("app/cart/tool");
  for (const auto& words : {Words{}, Words{"run"}, Words{"--service", "cart", "--service", "shop"},
                            Words{"--service=shop", "--service=cart", "--service=cart"}}) {
    const auto run = run_of(words);
    EXPECT_EQ(run.name, "app");
    EXPECT_EQ(run.run_directory, tree_.path("app/.livefix/run/app"));
    ASSERT_EQ(run.services.size(), 2U);
    EXPECT_EQ(run.services[0].name, "cart");
    EXPECT_EQ(run.services[0].title, "./tool cart");
    EXPECT_EQ(run.services[0].directory, tree_.path("app/cart"));
    EXPECT_EQ(run.services[1].name, "shop");
    EXPECT_EQ(run.services[1].port, 3000);
  }
  EXPECT_EQ(spec({"--service", "cart"}).name, "cart");
  EXPECT_EQ(run_of({"--service", "cart"}).run_directory, tree_.path("app/.livefix/run/cart"));
}

TEST_F(CliTest, OptionsAreForAllServices) {
  tree_.file("app/livefix.toml", kTwo);
  tree_.program("app/cart/tool");
  const auto run = run_of({"--name", "both", "--drain", "2s", "--no-watch", "--workers", "3"});
  EXPECT_EQ(run.name, "both");
  EXPECT_EQ(run.workers, 3);
  for (const auto& service : run.services) {
    EXPECT_EQ(service.timing.drain, Milliseconds{2000});
    EXPECT_FALSE(service.watch.enabled);
  }
  EXPECT_EQ(run.services[0].name, "cart") << "the name is the run's";
}

TEST_F(CliTest, RefusesForSeveralWhatIsAboutOne) {
  tree_.file("app/livefix.toml", kTwo);
  tree_.directory("app/cart");
  EXPECT_EQ(exit_status({"--port", "3000"}), 2);
  EXPECT_EQ(errors_,
            "livefix: --port is about one service, and livefix.toml describes cart, shop; choose "
            "one with --service, or write port = ... into the file\n");
  EXPECT_EQ(exit_status({"--config", "livefix.toml", "--dir", "."}), 2);
  EXPECT_EQ(exit_status({"--service", "cart", "--service", "shop", "./tool"}), 2);
  EXPECT_EQ(exit_status({"--service", "crt"}), 2);
  EXPECT_EQ(errors_, "livefix: --service: livefix.toml has no service crt; did you mean cart?\n");
  EXPECT_EQ(exit_status({}), 127) << "there is no cart/tool";
  EXPECT_TRUE(errors_.starts_with("livefix: service.cart: ./tool: no such file")) << errors_;
}

TEST_F(CliTest, TellsEverythingThatServicesLack) {
  tree_.file("app/livefix.toml",
             "[service.cart]\nport = 3000\ncommand = './tool'\n"
             "[service.shop]\n\nport = 3000\n[service.pay]\n");
  EXPECT_EQ(exit_status({}), 2);
  EXPECT_EQ(errors_,
            "livefix.toml:6: service.shop.port: 3000 is the port of service.cart as well, and "
            "nothing tells requests for the two apart; write another one, or give one of them "
            "hosts or paths of its own\n"
            "livefix: service.pay in livefix.toml has no command; write command = \"node "
            "server.js\"\n"
            "livefix: service.shop in livefix.toml has no command; write command = \"node "
            "server.js\"\n");
  EXPECT_EQ(spec({"--service", "cart"}).port, 3000);
}

TEST_F(CliTest, ExplainsEachCommandWithExamples) {
  for (const auto& command : kCommands) {
    EXPECT_EQ(exit_status({std::string(command.name), "--help"}), 0);
    EXPECT_NE(output_.find("Usage: livefix"), std::string::npos) << output_;
    EXPECT_NE(output_.find("Examples:\n"), std::string::npos) << output_;
    EXPECT_LE(output_.size(), 4300U);
  }
  EXPECT_EQ(exit_status({"--help"}), 0);
}

TEST_F(CliTest, RefusesWithOneSentence) {
  EXPECT_EQ(exit_status({"--drain", "5", "./tool"}), 2);
  EXPECT_EQ(errors_, "livefix: --drain: \"5\" has no unit; write \"5s\" or \"500ms\"\n");
  EXPECT_EQ(exit_status({"--prot", "5", "./tool"}), 2);
  EXPECT_EQ(errors_, "livefix: unknown option --prot; did you mean --port?\n");
  EXPECT_EQ(exit_status({"./tol"}), 127);
  EXPECT_EQ(errors_, "livefix: ./tol: no such file; did you mean ./tool?\n");
  EXPECT_EQ(exit_status({"--port", "1", "status"}), 2);
  EXPECT_EQ(errors_, "livefix: livefix status has no option --port; see livefix status --help\n");
  EXPECT_EQ(exit_status({"completion"}), 2);
}

TEST_F(CliTest, SaysThatNothingRuns) {
  for (const auto* command : {"status", "reload", "stop"}) {
    EXPECT_EQ(exit_status({command}), 1);
    EXPECT_TRUE(errors_.starts_with("livefix: no livefix runs here (looked for ")) << errors_;
  }
}

TEST_F(CliTest, SaysThatALivefixWasKilled) {
  {
    const FakeKeeper keeper(service("shop"), {});
  }
  EXPECT_EQ(exit_status({"status"}), 1);
  EXPECT_EQ(errors_,
            "livefix: shop was started here but its livefix is dead; starting it again removes "
            "the files that it left\n");
}

TEST_F(CliTest, ShowsWhatRuns) {
  const FakeKeeper shop(service("shop"), {{"GET /v1/status", kStatus}});
  EXPECT_EQ(exit_status({"status"}), 0) << errors_;
  EXPECT_NE(output_.find("shop     http://localhost:1  dev-1             1  serving  7"),
            std::string::npos)
      << output_;
  EXPECT_EQ(exit_status({"status", "--json"}), 0);
  EXPECT_EQ(output_, std::string(kStatus) + "\n");
  EXPECT_EQ(exit_status({"--name", "other", "status"}), 1);
}

TEST_F(CliTest, FindsWhatIsServedFromAStateDirectory) {
  tree_.directory("state/run/shop");
  const FakeKeeper shop(tree_.path("state/run/shop"), {{"GET /v1/status", kStatus}});
  EXPECT_EQ(exit_status({"status"}), 1);
  EXPECT_EQ(exit_status({"status", "--state", "../state"}), 0) << errors_;
  EXPECT_EQ(exit_status({"--state", "../state", "status"}), 0) << errors_;
}

TEST_F(CliTest, SaysThatAnAnswerIsGarbage) {
  const FakeKeeper shop(service("shop"), {{"GET /v1/status", "<html>"}});
  EXPECT_EQ(exit_status({"status"}), 1);
  EXPECT_EQ(errors_,
            "livefix: asking shop for its status: it answered with something that is not JSON\n");
}

TEST_F(CliTest, AsksWhichOfSeveralIsMeant) {
  const FakeKeeper shop(service("shop"), {{"GET /v1/status", kStatus}});
  const FakeKeeper cart(service("cart"), {{"GET /v1/status", kStatus},
                                          {"POST /v1/reload", R"({"ok":true,"message":"m"})"}});
  EXPECT_EQ(exit_status({"status"}), 0) << errors_;
  EXPECT_EQ(exit_status({"reload"}), 1);
  EXPECT_EQ(errors_,
            "livefix: several services run here: cart, shop; name one: livefix reload --name "
            "cart\n");
  EXPECT_EQ(exit_status({"reload", "--name", "cart"}), 0);
  EXPECT_EQ(output_, "m\n");
}

TEST_F(CliTest, ShowsAllServicesOfARun) {
  const FakeKeeper both(
      service("both"),
      {{"GET /v1/status", R"({"run":"both","services":[{"service":"cart","run":"both"},)"
                          R"({"service":"shop","run":"both"}]})"}});
  EXPECT_EQ(exit_status({"status"}), 0) << errors_;
  EXPECT_NE(output_.find("\ncart "), std::string::npos) << output_;
  EXPECT_NE(output_.find("\nshop "), std::string::npos) << output_;
  EXPECT_EQ(exit_status({"status", "--json"}), 0);
  EXPECT_EQ(output_,
            "{\"service\":\"cart\",\"run\":\"both\"}\n{\"service\":\"shop\",\"run\":\"both\"}\n");
}

TEST_F(CliTest, ReloadsTheServicesThatAreNamed) {
  const FakeKeeper both(service("both"), {{"POST /v1/reload?service=cart&service=shop&who=",
                                           R"({"ok":true,"message":"cart: a\nshop: b"})"}});
  EXPECT_EQ(exit_status({"reload", "--service", "cart", "--service=shop"}), 0) << errors_;
  EXPECT_EQ(output_, "cart: a\nshop: b\n");
  EXPECT_EQ(exit_status({"reload", "--service", "a b&"}), 2);
  EXPECT_EQ(errors_, "livefix: --service: \"a b&\" may have a-z, 0-9 and - only; write \"a-b\"\n");
}

TEST_F(CliTest, PassesOnTheOutcomeOfAReload) {
  const FakeKeeper shop(service("shop"),
                        {{"POST /v1/reload?who=", R"({"ok":false,"message":"exited with 1"})"}});
  EXPECT_EQ(exit_status({"reload"}), 1);
  EXPECT_EQ(errors_, "livefix: exited with 1\n");
}

TEST_F(CliTest, StopsAndWaitsUntilTheKeeperIsGone) {
  const FakeKeeper shop(service("shop"),
                        {{"POST /v1/stop?who=anna ", R"({"ok":true,"message":""})"}});
  setenv("SUDO_USER", "anna", 1);
  EXPECT_EQ(exit_status({"stop"}), 0) << errors_;
  unsetenv("SUDO_USER");
  EXPECT_EQ(output_, "shop stopped\n");
}

}  // namespace
}  // namespace livefix::cli
