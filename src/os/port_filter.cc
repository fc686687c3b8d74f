#include "os/port_filter.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "os/bpf.h"

namespace livefix::os {
namespace {

// Kernel 6.6; Debian 12's headers are older. seccomp_unotify(2) does not describe it yet.
constexpr unsigned long kSetFlags = SECCOMP_IOW(4, __u64);
constexpr __u64 kSynchronousWakeUp = 1;

// Programs for another architecture (32-bit) pass unfiltered: their ports are not taken over.
// All but the last block decide on the call's number alone, which the kernel caches as "allow".
constexpr std::array kProgram{
    bpf::load(bpf::kCallArchitecture),                 // 0
    bpf::jump_if(BPF_JEQ, bpf::kArchitecture, 0, 10),  // 1: else allow
    bpf::load(bpf::kCallNumber),                       // 2
    bpf::jump_if(BPF_JGE, bpf::kX32Bit, 8, 0),         // 3: allow
    bpf::jump_if(BPF_JEQ, __NR_bind, 8, 0),            // 4: notify
    bpf::jump_if(BPF_JEQ, __NR_listen, 7, 0),          // 5: notify
    bpf::jump_if(BPF_JEQ, __NR_setsid, 6, 0),          // 6: notify
    bpf::jump_if(BPF_JEQ, __NR_setsockopt, 0, 4),      // 7: else allow
    bpf::load(bpf::low_word_of_argument(1)),           // 8
    bpf::jump_if(BPF_JEQ, SOL_SOCKET, 0, 2),           // 9: else allow
    bpf::load(bpf::low_word_of_argument(2)),           // 10
    bpf::jump_if(BPF_JEQ, SO_REUSEPORT, 1, 0),         // 11: notify
    bpf::verdict(SECCOMP_RET_ALLOW),                   // 12
    bpf::verdict(SECCOMP_RET_USER_NOTIF),              // 13
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
