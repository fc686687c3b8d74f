#include "os/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/spawn.h"

namespace livefix::os {
namespace {

TEST(Process, HasAStampUntilItIsGone) {
  const std::string own = process_stamp(getpid());
  EXPECT_TRUE(own.starts_with(std::to_string(getpid()) + "."));
  EXPECT_EQ(process_stamp(getpid()), own);
  EXPECT_NE(process_stamp(getppid()), own);
  EXPECT_EQ(process_stamp(0x7fffffff), "");
}

TEST(Process, HasUsedTime) {
  const auto used = [] {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return Milliseconds{time.tv_sec * 1000 + time.tv_nsec / 1'000'000};
  };
  while (used() < Milliseconds{100}) {
  }
  EXPECT_GE(cpu_time(getpid()), Milliseconds{50});
  EXPECT_LE(cpu_time(getpid()), used() + Milliseconds{60'000});
  EXPECT_EQ(cpu_time(0x7fffffff), Milliseconds{0});
}

TEST(Process, IsFoundByWhatItWasStartedWith) {
  const std::string mark = "LIVEFIX_TEST_MARK=" + process_stamp(getpid());
  SpawnRequest request;
  request.command = {"sleep", "60"};
  // More than one read's worth before it.
  request.environment = environment_with({"FILLER=" + std::string(20'000, 'x'), mark});
  const auto child = spawn(request);
  ASSERT_TRUE(child) << child.error().message;
  EXPECT_EQ(processes_started_with(mark), std::vector<pid_t>{child->pid});
  EXPECT_TRUE(processes_started_with(mark.substr(0, mark.size() - 1)).empty());
  kill(child->pid, SIGKILL);
  waitpid(child->pid, nullptr, 0);
  EXPECT_TRUE(processes_started_with(mark).empty());
}

}  // namespace
}  // namespace livefix::os
