#include "proxy/sandbox.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/rand.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "os/link_socket.h"
#include "os/privileges.h"
#include "os/socket_address.h"
#include "os/tcp_listener.h"

namespace livefix::proxy {
namespace {

constexpr int kNotEntered = 250;  // no errno is as high

// How a child ended: its exit status, or the signal that killed it.
struct ChildEnd {
  int status = -1;
  int signal = 0;
  bool operator==(const ChildEnd&) const = default;
};
void PrintTo(const ChildEnd& end, std::ostream* out) {
  *out << (end.signal ? strsignal(end.signal) : end.status ? strerror(end.status) : "it worked");
}

constexpr ChildEnd kWorked{0, 0};
constexpr ChildEnd kRefused{EPERM, 0};
constexpr ChildEnd kUnknown{ENOSYS, 0};
constexpr ChildEnd kKilled{-1, SIGSYS};

ChildEnd end_of(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? ChildEnd{-1, WTERMSIG(status)} : ChildEnd{WEXITSTATUS(status), 0};
}

// `action` returns 0, or an errno.
pid_t start_in_sandbox(const std::function<int()>& action) {
  const pid_t child = fork();
  if (child != 0) return child;
  _exit(enter_sandbox() ? action() : kNotEntered);
}
ChildEnd in_sandbox(const std::function<int()>& action) {
  return end_of(start_in_sandbox(action));
}

// What a system call says to the action above.
template <class... Arguments>
int call(long number, Arguments... arguments) {
  return syscall(number, arguments...) < 0 ? errno : 0;
}

class SandboxTest : public ::testing::Test {
 protected:
  void SetUp() override {
#ifdef LIVEFIX_SANITIZED
    GTEST_SKIP() << "a sanitizer's runtime cannot live in the sandbox";
#endif
  }
};

TEST_F(SandboxTest, WhatOnlyAnAttackerAsksForKills) {
  char* const nothing[] = {nullptr};
  const std::vector<std::pair<const char*, std::function<int()>>> actions{
      {"execve", [&] { return call(SYS_execve, "/bin/true", nothing, nothing); }},
      {"execveat", [&] { return call(SYS_execveat, AT_FDCWD, "/bin/true", nothing, nothing, 0); }},
      {"fork", [] { return fork() < 0 ? errno : 0; }},
      {"posix_spawn",
       [&] { return posix_spawn(nullptr, "/bin/true", nullptr, nullptr, nothing, nothing); }},
      {"process", [] { return call(SYS_clone, CLONE_VM | SIGCHLD, 0, 0, 0, 0); }},
      {"user namespace", [] { return call(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0); }},
      {"ptrace", [] { return call(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }},
      {"process_vm_readv", [] { return call(SYS_process_vm_readv, getppid(), 0, 0, 0, 0, 0); }},
      {"process_vm_writev", [] { return call(SYS_process_vm_writev, getppid(), 0, 0, 0, 0, 0); }},
      {"pidfd_getfd", [] { return call(SYS_pidfd_getfd, 0, 0, 0); }},
      {"kill", [] { return call(SYS_kill, getppid(), 0); }},
      {"kill of oneself", [] { return call(SYS_kill, getpid(), 0); }},
      {"tgkill", [] { return call(SYS_tgkill, getppid(), getppid(), 0); }},
      {"pidfd_open", [] { return call(SYS_pidfd_open, getppid(), 0); }},
      {"executable memory",
       [] {
         return call(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
       }},
      {"memory made executable",
       [] {
         void* page =
             mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
         return call(SYS_mprotect, page, 4096, PROT_READ | PROT_EXEC);
       }},
      {"memfd_create", [] { return call(SYS_memfd_create, "x", 0); }},
      {"setns", [] { return call(SYS_setns, 0, 0); }},
      {"unshare", [] { return call(SYS_unshare, CLONE_NEWUSER); }},
      {"mount", [] { return call(SYS_mount, "none", "/mnt", "tmpfs", 0, 0); }},
      {"chroot", [] { return call(SYS_chroot, "/"); }},
      {"bpf", [] { return call(SYS_bpf, 0, 0, 0); }},
      {"perf_event_open", [] { return call(SYS_perf_event_open, 0, 0, -1, -1, 0); }},
      {"io_uring_setup", [] { return call(SYS_io_uring_setup, 1, 0); }},
      {"userfaultfd", [] { return call(SYS_userfaultfd, 0); }},
      {"keyctl", [] { return call(SYS_keyctl, 0, 0, 0, 0, 0); }},
      {"open_by_handle_at", [] { return call(SYS_open_by_handle_at, 0, 0, 0); }},
#ifdef __x86_64__
      {"vfork", [] { return call(SYS_vfork); }},
      {"x32", [] { return call(0x40000000 | SYS_getpid); }},
#endif
  };
  for (const auto& [name, action] : actions) EXPECT_EQ(in_sandbox(action), kKilled) << name;
}

#ifdef __x86_64__
TEST_F(SandboxTest, CallsOfThe32BitKindKill) {
  const ChildEnd end = in_sandbox([] {
    long result = 20;  // its getpid; here the number of writev, which is allowed
    asm volatile("int $0x80" : "+a"(result) : : "memory");
    return 0;
  });
  // SIGSEGV on a kernel that does not have them at all.
  EXPECT_TRUE(end == kKilled || end == (ChildEnd{-1, SIGSEGV})) << ::testing::PrintToString(end);
}
#endif

// No descriptor is needed to see who refuses: the kernel would say EBADF.
TEST_F(SandboxTest, WhatIsNotOnTheListIsRefused) {
  const auto socket_of = [](int domain, int type, int protocol) {
    return std::function<int()>([=] { return call(SYS_socket, domain, type, protocol); });
  };
  const auto option = [](int level, int name) {
    return std::function<int()>([=] { return call(SYS_setsockopt, -1, level, name, 0, 0); });
  };
  const std::vector<std::pair<const char*, std::function<int()>>> actions{
      {"open", [] { return open("/etc/passwd", O_RDONLY) < 0 ? errno : 0; }},
      {"open of itself", [] { return open("/proc/self/mem", O_RDWR) < 0 ? errno : 0; }},
      {"openat", [] { return call(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY); }},
      {"create", [] { return call(SYS_openat, AT_FDCWD, "made", O_WRONLY | O_CREAT, 0600); }},
      {"unlink", [] { return call(SYS_unlinkat, AT_FDCWD, "nothing", 0); }},
      {"stat", [] { return access("/etc/passwd", F_OK) < 0 ? errno : 0; }},
      {"readlink", [] { return call(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", 0, 0); }},
      {"chdir", [] { return call(SYS_chdir, "/"); }},
      {"getdents", [] { return call(SYS_getdents64, -1, 0, 0); }},
      {"unix socket", socket_of(AF_UNIX, SOCK_STREAM, 0)},
      {"packets", socket_of(AF_PACKET, SOCK_RAW, 0)},
      {"netlink", socket_of(AF_NETLINK, SOCK_RAW, 0)},
      {"vsock", socket_of(AF_VSOCK, SOCK_STREAM, 0)},
      {"UDP", socket_of(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)},
      {"UDP over IPv6", socket_of(AF_INET6, SOCK_DGRAM, 0)},
      {"raw IP", socket_of(AF_INET, SOCK_RAW, IPPROTO_TCP)},
      {"SCTP", socket_of(AF_INET, SOCK_STREAM, IPPROTO_SCTP)},
      {"MPTCP", socket_of(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)},
      {"socketpair", [] { return call(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, 0); }},
      {"bind", [] { return call(SYS_bind, -1, 0, 0); }},
      {"listen", [] { return call(SYS_listen, -1, 1); }},
      {"socket filter", option(SOL_SOCKET, SO_ATTACH_FILTER)},
      {"another TCP", option(IPPROTO_TCP, TCP_ULP)},
      {"getsockopt", [] { return call(SYS_getsockopt, -1, SOL_SOCKET, SO_PEERCRED, 0, 0); }},
      {"SIGIO for others", [] { return call(SYS_fcntl, -1, F_SETOWN, getppid()); }},
      {"keys of the terminal", [] { return call(SYS_ioctl, -1, TIOCSTI, "x"); }},
      {"limits of others", [] { return call(SYS_prlimit64, getppid(), RLIMIT_NOFILE, 0, 0); }},
      {"its other limits", [] { return call(SYS_prlimit64, 0, RLIMIT_CORE, 0, 0); }},
      {"to be dumpable again", [] { return call(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0); }},
      {"one more filter", [] { return call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, 0); }},
      {"another user", [] { return call(SYS_setresuid, 0, 0, 0); }},
      {"capabilities", [] { return call(SYS_capset, 0, 0); }},
  };
  for (const auto& [name, action] : actions) EXPECT_EQ(in_sandbox(action), kRefused) << name;
}

TEST_F(SandboxTest, CallsNewerThanTheListAreUnknown) {
  EXPECT_EQ(in_sandbox([] { return call(451, 0, 0, 0); }), kUnknown);
  EXPECT_EQ(in_sandbox([] { return call(SYS_clone3, 0, 0); }), kUnknown);
}

TEST_F(SandboxTest, ConnectionsWork) {
  const auto listener = os::listen_tcp(Address::ipv4(127, 0, 0, 1, 0), {.share_port = false});
  ASSERT_TRUE(listener);
  const auto address = os::to_socket_address(*os::local_address(listener->get()));
  EXPECT_EQ(in_sandbox([&] {
              os::Fd loop(epoll_create1(EPOLL_CLOEXEC));
              os::Fd one(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
              const int on = 1;
              if (setsockopt(one.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0) return errno;
              if (::connect(one.get(), address.data(), address.size) < 0 && errno != EINPROGRESS) {
                return errno;
              }
              epoll_event event{.events = EPOLLOUT, .data = {.ptr = nullptr}};
              if (epoll_ctl(loop.get(), EPOLL_CTL_ADD, one.get(), &event) < 0) return errno;
              if (epoll_wait(loop.get(), &event, 1, 5000) != 1) return errno;
              os::Fd other(::accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC));
              if (::send(one.get(), "hello", 5, MSG_NOSIGNAL) != 5) return errno;
              std::array<char, 5> got{};
              if (::recv(other.get(), got.data(), got.size(), 0) != 5) return errno;
              tcp_info info{};
              socklen_t size = sizeof info;
              if (getsockopt(one.get(), IPPROTO_TCP, TCP_INFO, &info, &size) < 0) return errno;
              const linger at_once{.l_onoff = 1, .l_linger = 0};
              if (setsockopt(one.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) < 0) {
                return errno;
              }
              return ::shutdown(other.get(), SHUT_WR) < 0 ? errno : 0;
            }),
            kWorked);
  EXPECT_EQ(in_sandbox([] { return os::Fd(::socket(AF_INET6, SOCK_STREAM, 0)) ? 0 : errno; }),
            kWorked);
}

TEST_F(SandboxTest, ThreadsMemoryAndRandomNumbersWork) {
  EXPECT_EQ(in_sandbox([] {
              std::atomic<int> done{0};
              std::vector<std::thread> threads;
              for (int i = 0; i < 4; ++i) {
                threads.emplace_back([&done] {
                  const std::string large(std::size_t{64} << 20, 'x');
                  unsigned char byte = 0;
                  if (large.back() == 'x' && RAND_bytes(&byte, 1) == 1) ++done;
                });
              }
              for (auto& thread : threads) thread.join();
              unsigned char byte = 0;
              return done == 4 && getrandom(&byte, 1, 0) == 1 ? 0 : 1;
            }),
            kWorked);
  EXPECT_EQ(in_sandbox([] {
              try {
                throw std::runtime_error("thrown");
              } catch (const std::exception&) {
                return 0;
              }
            }),
            kWorked);
}

TEST_F(SandboxTest, DescriptorsThatItIsGivenAreOfUse) {
  auto ends = os::LinkSocket::pair();
  ASSERT_TRUE(ends);
  os::LinkSocket ours(std::move(ends->first));
  const pid_t child = start_in_sandbox([&] {
    os::LinkSocket link(std::move(ends->second));
    for (;;) {
      auto outcome = link.receive();
      auto* packet = std::get_if<os::Packet>(&outcome);
      if (!packet) continue;
      const os::Fd& log = packet->fds.front();
      const os::Fd copy(fcntl(log.get(), F_DUPFD_CLOEXEC, 0));
      return ::write(copy.get(), "a line\n", 7) == 7 ? 0 : errno;
    }
  });
  const os::Fd log(memfd_create("log", MFD_CLOEXEC));
  const int fd = log.get();
  ASSERT_TRUE(ours.send("log", {&fd, 1}));
  EXPECT_EQ(end_of(child), kWorked);
  EXPECT_EQ(lseek(fd, 0, SEEK_END), 7);
}

TEST_F(SandboxTest, AnAbortIsAnAbort) {
  EXPECT_EQ(in_sandbox([]() -> int { std::abort(); }), (ChildEnd{-1, SIGABRT}));
  EXPECT_EQ(
      in_sandbox([]() noexcept -> int { return std::stoi("terminate prints what this throws"); }),
      (ChildEnd{-1, SIGABRT}));
}

// As /proc shows it: what the process itself says could be wrong.
TEST_F(SandboxTest, NothingIsLeftToGive) {
  const os::Fd entered(eventfd(0, EFD_CLOEXEC));
  const pid_t child = start_in_sandbox([&]() -> int {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto told = ::write(entered.get(), &one, sizeof one);
    for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
  });
  std::uint64_t count = 0;
  ASSERT_EQ(::read(entered.get(), &count, sizeof count), 8);
  std::ifstream file(fmt::format("/proc/{}/status", child));
  const std::string status(std::istreambuf_iterator<char>(file), {});
  std::vector<std::string> wanted{"NoNewPrivs:\t1",
                                  "Seccomp:\t2",
                                  "CapInh:\t0000000000000000",
                                  "CapPrm:\t0000000000000000",
                                  "CapEff:\t0000000000000000",
                                  "CapAmb:\t0000000000000000"};
  if (geteuid() == 0) wanted.emplace_back("CapBnd:\t0000000000000000");
  for (const auto& line : wanted) EXPECT_NE(status.find(line + "\n"), std::string::npos) << status;
  rlimit core{1, 1};
  EXPECT_EQ(prlimit(child, RLIMIT_CORE, nullptr, &core), 0);
  EXPECT_EQ(core.rlim_max, 0U);
  kill(child, SIGKILL);
  end_of(child);
}

TEST_F(SandboxTest, ItCanBeSwitchedOff) {
  setenv("LIVEFIX_SANDBOX", "off", 1);
  EXPECT_EQ(in_sandbox([] { return os::Fd(open("/dev/null", O_RDONLY)) ? 0 : errno; }), kWorked);
  unsetenv("LIVEFIX_SANDBOX");
}

// The second wall by itself: it says EACCES where the first one says EPERM.
TEST_F(SandboxTest, LandlockAloneKeepsFilesAway) {
  const os::Fd open_before(memfd_create("log", MFD_CLOEXEC));
  const pid_t child = fork();
  if (child == 0) {
    if (!os::give_up_new_privileges() || !os::lock_file_system()) _exit(kNotEntered);
    if (::write(open_before.get(), "a line\n", 7) != 7) _exit(EIO);
    _exit(open("/etc/passwd", O_RDONLY) < 0 ? errno : 0);
  }
  const ChildEnd end = end_of(child);
  if (end.status == kNotEntered) GTEST_SKIP() << "this kernel has no Landlock";
  EXPECT_EQ(end, (ChildEnd{EACCES, 0}));
}

}  // namespace
}  // namespace livefix::proxy
