#include "os/orphan_end.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/process.h"
#include "os/spawn.h"

namespace livefix::os {
namespace {

using namespace std::chrono_literals;

class OrphanEnd : public testing::Test {
 protected:
  pid_t start(const std::string& script) {
    const auto child =
        spawn({.command = {"/bin/sh", "-c", script}, .environment = environment_with({mark_})});
    EXPECT_TRUE(child) << child.error().message;
    return child ? child->pid : 0;
  }
  static int wait_status(pid_t pid) {
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    return status;
  }
  // As a zombie it has no environment left.
  const std::string mark_ = fmt::format("LIVEFIX_ORPHAN_TEST={}", getpid());
};

TEST_F(OrphanEnd, AsksFirst) {
  const pid_t pid = start("while :; do sleep 0.01; done");
  end_processes_started_with(mark_, 60s);
  EXPECT_EQ(WTERMSIG(wait_status(pid)), SIGTERM);
}

TEST_F(OrphanEnd, KillsWhatDoesNotListen) {
  const pid_t pid = start("trap '' TERM; while :; do sleep 0.01; done");
  end_processes_started_with(mark_, 50ms);
  // Between fork and exec the shell may not have set its trap yet.
  const int ended_by = WTERMSIG(wait_status(pid));
  EXPECT_TRUE(ended_by == SIGKILL || ended_by == SIGTERM) << ended_by;
  EXPECT_TRUE(processes_started_with(mark_).empty());
}

TEST_F(OrphanEnd, LeavesOthersAlone) {
  const pid_t other = start("while :; do sleep 0.01; done");
  end_processes_started_with(mark_ + "0", 60s);
  EXPECT_EQ(waitpid(other, nullptr, WNOHANG), 0);
  kill(other, SIGKILL);
  wait_status(other);
}

}  // namespace
}  // namespace livefix::os
