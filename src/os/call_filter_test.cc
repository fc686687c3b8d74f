#include "os/call_filter.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "os/privileges.h"

namespace livefix::os {
namespace {

// In a child with that filter: the errno of what `action` returns, or minus the signal that it got.
int under(const CallFilter& filter, const std::function<long()>& action) {
  const pid_t child = fork();
  if (child == 0) {
    if (!give_up_new_privileges() || !filter.install()) _exit(255);
    _exit(action() < 0 ? errno : 0);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

long sync_range(unsigned flags) {
  return syscall(__NR_sync_file_range, -1, 3L, 4L, flags);
}

// On the descriptor -1 the kernel itself says EBADF to what the filter lets through.
TEST(CallFilterTest, OneOfTheCasesIsEnoughAndAllOfItsTestsAreNeeded) {
  CallFilter filter;
  filter.allow_if(__NR_fcntl,
                  {{ArgumentTest::is(1, F_SETFL), ArgumentTest::is(2, O_APPEND)},
                   {ArgumentTest::is(1, F_SETFD), ArgumentTest::is(2, FD_CLOEXEC)},
                   {ArgumentTest::is(1, F_GETFD)}},
                  Verdict::refuse);
  filter.finish(Verdict::allow, 100'000);
  const auto fcntl_of = [&](long command, long argument) {
    return under(filter, [=] { return syscall(__NR_fcntl, -1, command, argument); });
  };
  EXPECT_EQ(fcntl_of(F_SETFL, O_APPEND), EBADF);
  EXPECT_EQ(fcntl_of(F_SETFD, FD_CLOEXEC), EBADF);
  EXPECT_EQ(fcntl_of(F_GETFD, 0), EBADF);
  EXPECT_EQ(fcntl_of(F_SETFL, FD_CLOEXEC), EPERM);
  EXPECT_EQ(fcntl_of(F_SETFD, O_APPEND), EPERM);
  EXPECT_EQ(fcntl_of(F_SETFL, 0), EPERM);
  EXPECT_EQ(fcntl_of(F_GETFL, 0), EPERM);
}

TEST(CallFilterTest, BitsMayBeForbidden) {
  CallFilter filter;
  filter.allow_if(__NR_sync_file_range, {{ArgumentTest::has_none_of(3, 4)}}, Verdict::kill);
  filter.finish(Verdict::allow, 100'000);
  EXPECT_EQ(under(filter, [] { return sync_range(3); }), EBADF);
  EXPECT_EQ(under(filter, [] { return sync_range(4); }), -SIGSYS);
  EXPECT_EQ(under(filter, [] { return sync_range(7); }), -SIGSYS);
}

TEST(CallFilterTest, TheFirstRuleDecides) {
  CallFilter filter;
  filter.rule(Verdict::refuse, {__NR_getppid, __NR_getpgid});
  filter.rule(Verdict::kill, {__NR_getpgid, __NR_getsid});
  // Not sooner: the thread that a sanitizer starts in each process needs newer calls than these.
  filter.finish(Verdict::allow, __NR_openat2);
  EXPECT_EQ(under(filter, [] { return syscall(__NR_getppid); }), EPERM);
  EXPECT_EQ(under(filter, [] { return syscall(__NR_getpgid, 0L); }), EPERM);
  EXPECT_EQ(under(filter, [] { return syscall(__NR_getsid, 0L); }), -SIGSYS);
  EXPECT_EQ(under(filter, [] { return syscall(__NR_getuid); }), 0);
  EXPECT_EQ(under(filter, [] { return syscall(__NR_openat2, -1L, "", 0L, 0L); }), ENOSYS);
}

}  // namespace
}  // namespace livefix::os
