#include "os/session_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>

#include "os/terminal.h"

namespace livefix::os {
namespace {

struct Running {
  explicit Running(const std::string& script, std::vector<std::string> environment = {}) {
    auto output = open_pipe();
    const Fd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    auto started = SessionProcess::start({.command = {"sh", "-c", script},
                                          .environment = std::move(environment),
                                          .standard_input = null.get(),
                                          .standard_output = output->writer.get(),
                                          .standard_error = null.get()});
    if (started) process.emplace(std::move(*started));
    reader = std::move(output->reader);
  }
  // Until all writers are gone.
  std::string rest() const {
    std::string text;
    char buffer[256];
    for (ssize_t size = 0; (size = read(reader.get(), buffer, sizeof buffer)) > 0;) {
      text.append(buffer, static_cast<std::size_t>(size));
    }
    return text;
  }
  std::string line() const {
    std::string text;
    for (char c = 0; read(reader.get(), &c, 1) == 1 && c != '\n';) text += c;
    return text;
  }
  int status() {
    pollfd ended{process->descriptor(), POLLIN, 0};
    poll(&ended, 1, 10'000);
    return process->reap().value_or(-1);
  }

  std::optional<SessionProcess> process;
  Fd reader;
};

TEST(SessionProcess, HasTheGivenEnvironmentAndNoOther) {
  setenv("LIVEFIX_TEST_SECRET", "planted", 1);
  Running env("env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | sort",
              {"PATH=/usr/bin:/bin", "A=b"});
  EXPECT_EQ(env.rest(), "A=b\nPATH=/usr/bin:/bin\n");
  EXPECT_EQ(env.status(), 0);
}

TEST(SessionProcess, TellsHowItEndedOnce) {
  Running three("exit 3");
  const int status = three.status();
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_EQ(three.process->reap(), std::nullopt);
}

TEST(SessionProcess, IsSignalledWithWhatItStarted) {
  Running two("sleep 1000 & echo up; wait");
  ASSERT_EQ(two.line(), "up");
  EXPECT_EQ(two.process->reap(), std::nullopt);
  two.process->signal(SIGTERM);
  EXPECT_EQ(two.rest(), "");  // ends: nobody has the pipe open any more
  EXPECT_EQ(WTERMSIG(two.status()), SIGTERM);
}

TEST(SessionProcess, GoesWithItsOwner) {
  Running stubborn("trap '' TERM; sleep 1000 & echo up; wait");
  ASSERT_EQ(stubborn.line(), "up");
  stubborn.process.reset();
  EXPECT_EQ(stubborn.rest(), "");
}

TEST(SessionProcess, WhatItLeftRunningSurvivesAReapedLeader) {
  char path[] = "/tmp/livefix-session-XXXXXX";
  ASSERT_TRUE(mkdtemp(path));
  const std::string gate = std::string(path) + "/gate";
  ASSERT_EQ(mkfifo(gate.c_str(), 0600), 0);
  Running daemon(fmt::format("(read line < {}; echo $line) & exit 0", gate));
  EXPECT_EQ(daemon.status(), 0);
  daemon.process.reset();
  const Fd opened(open(gate.c_str(), O_WRONLY | O_CLOEXEC));
  EXPECT_EQ(write(opened.get(), "late\n", 5), 5);
  EXPECT_EQ(daemon.rest(), "late\n");
  std::filesystem::remove_all(path);
}

TEST(SessionProcess, TakesDefaultSignals) {
  signal(SIGPIPE, SIG_IGN);
  Running quiet("kill -PIPE $$; exit 0");
  const int status = quiet.status();
  signal(SIGPIPE, SIG_DFL);
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST(SessionProcess, AProgramThatIsNotThereIsNamed) {
  const auto failed = SessionProcess::start({.command = {"livefix-no-such-program"},
                                             .standard_input = 0,
                                             .standard_output = 1,
                                             .standard_error = 2});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "livefix-no-such-program: No such file or directory");
  EXPECT_EQ(failed.error().os_error, ENOENT);
}

}  // namespace
}  // namespace livefix::os
