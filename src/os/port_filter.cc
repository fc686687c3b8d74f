#include "os/port_filter.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstddef>

namespace livefix::os {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "port_filter.cc knows x86-64 and arm64"
#endif

// Kernel 6.6; Debian 12's headers are older. seccomp_unotify(2) does not describe it yet.
constexpr unsigned long kSetFlags = SECCOMP_IOW(4, __u64);
constexpr __u64 kSynchronousWakeUp = 1;

constexpr std::uint32_t kX32Bit = 0x40000000;  // system calls of the x32 ABI start here

constexpr std::uint32_t low_word_of_argument(std::size_t index) {
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 8 * index);
}

constexpr sock_filter load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
constexpr sock_filter jump_if(std::uint16_t comparison, std::uint32_t value, std::uint8_t yes,
                              std::uint8_t no) {
  return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K), value, yes, no);
}
constexpr sock_filter verdict(std::uint32_t value) {
  return BPF_STMT(BPF_RET | BPF_K, value);
}

// Programs for another architecture (32-bit) pass unfiltered: their ports are not taken over.
// All but the last block decide on the call's number alone, which the kernel caches as "allow".
constexpr std::array kProgram{
    load(offsetof(seccomp_data, arch)),       // 0
    jump_if(BPF_JEQ, kArchitecture, 0, 10),   // 1: else allow
    load(offsetof(seccomp_data, nr)),         // 2
    jump_if(BPF_JGE, kX32Bit, 8, 0),          // 3: allow
    jump_if(BPF_JEQ, __NR_bind, 8, 0),        // 4: notify
    jump_if(BPF_JEQ, __NR_listen, 7, 0),      // 5: notify
    jump_if(BPF_JEQ, __NR_setsid, 6, 0),      // 6: notify
    jump_if(BPF_JEQ, __NR_setsockopt, 0, 4),  // 7: else allow
    load(low_word_of_argument(1)),            // 8
    jump_if(BPF_JEQ, SOL_SOCKET, 0, 2),       // 9: else allow
    load(low_word_of_argument(2)),            // 10
    jump_if(BPF_JEQ, SO_REUSEPORT, 1, 0),     // 11: notify
    verdict(SECCOMP_RET_ALLOW),               // 12
    verdict(SECCOMP_RET_USER_NOTIF),          // 13
};

int seccomp_listener(unsigned long flags) {
  auto program = kProgram;
  sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return static_cast<int>(syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
                                  SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, &filter));
}

void respond(int notifications, std::uint64_t id, int error, std::uint32_t flags) {
  seccomp_notif_resp response{};
  response.id = id;
  response.error = -error;
  response.flags = flags;
  ioctl(notifications, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

}  // namespace

Result<Fd> install_port_filter() {
  // WAIT_KILLABLE_RECV (5.19): a signal does not restart a call that the keeper is working on.
  unsigned long flags = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
  int fd = seccomp_listener(flags);
  if (fd < 0 && errno == EINVAL) fd = seccomp_listener(flags = 0);
  if (fd < 0 && errno == EACCES) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return fail_errno("no_new_privs");
    fd = seccomp_listener(flags);
    if (fd < 0 && errno == EINVAL) fd = seccomp_listener(0);
  }
  if (fd < 0) return fail_errno("seccomp");
  // The caller runs on the keeper's core at once: 7.7 us a call instead of 39.7.
  ioctl(fd, kSetFlags, kSynchronousWakeUp);
  return Fd(fd);
}

std::optional<TrappedCall> receive_call(int notifications) {
  seccomp_notif call{};  // the kernel insists on zeroes
  if (ioctl(notifications, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0) return std::nullopt;
  TrappedCall result{call.id, static_cast<pid_t>(call.pid), NewSessionCall{}};
  const auto socket = static_cast<int>(call.data.args[0]);
  switch (call.data.nr) {
    case __NR_bind:
      result.what =
          BindCall{socket, call.data.args[1], static_cast<std::uint32_t>(call.data.args[2])};
      break;
    case __NR_listen:
      result.what = ListenCall{socket, static_cast<int>(call.data.args[1])};
      break;
    case __NR_setsockopt:
      result.what = SharePortCall{socket};
      break;
    default:
      break;
  }
  return result;
}

bool still_waits(int notifications, std::uint64_t id) {
  return ioctl(notifications, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

void let_proceed(int notifications, std::uint64_t id) {
  respond(notifications, id, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

void answer_ok(int notifications, std::uint64_t id) {
  respond(notifications, id, 0, 0);
}

void answer_error(int notifications, std::uint64_t id, int error) {
  respond(notifications, id, error, 0);
}

Status replace_descriptor(int notifications, std::uint64_t id, int target, int replacement,
                          bool close_on_exec) {
  seccomp_notif_addfd request{};
  request.id = id;
  request.flags = SECCOMP_ADDFD_FLAG_SETFD;
  request.srcfd = static_cast<std::uint32_t>(replacement);
  request.newfd = static_cast<std::uint32_t>(target);
  request.newfd_flags = close_on_exec ? O_CLOEXEC : 0;
  if (ioctl(notifications, SECCOMP_IOCTL_NOTIF_ADDFD, &request) < 0) {
    return fail_errno("replace descriptor {} of a program", target);
  }
  return {};
}

}  // namespace livefix::os
