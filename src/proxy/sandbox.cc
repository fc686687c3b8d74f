#include "proxy/sandbox.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <string_view>

#include "os/privileges.h"

namespace livefix::proxy {
namespace {

using os::ArgumentTest;
using os::Verdict;

#ifdef LIVEFIX_SANITIZED
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

constexpr int kNewestKnown = 450;  // set_mempolicy_home_node; from 424 on all architectures agree

// What pthread_create of glibc asks for, and not one flag more: a process is a thread that shares
// less, and a namespace is one flag.
constexpr std::uint32_t kThread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM |
                                  CLONE_SIGHAND | CLONE_THREAD | CLONE_SETTLS |
                                  CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

// Libraries read files when they are first used: OpenSSL its configuration, the modules named there
// and, where getrandom is not compiled in, a device; the C library the time zone. All of OpenSSL
// (SSL_CTX_new) would cost everybody 1 MiB, and reads nothing more.
void load_libraries() {
  OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, nullptr);
  unsigned char byte = 0;
  RAND_bytes(&byte, 1);  // when it fails, it fails again where it matters
  tzset();
}

// Most frequent first, for kernels before 5.11, which run the filter each time.
void allow_what_is_used(os::CallFilter& filter) {
  filter.rule(Verdict::allow, {__NR_recvfrom, __NR_sendto,
#ifdef __NR_epoll_wait
                               __NR_epoll_wait,
#endif
                               __NR_epoll_pwait, __NR_read, __NR_write});
  // Connections, the link and mailboxes.
  filter.rule(Verdict::allow,
              {__NR_close, __NR_epoll_ctl, __NR_accept4, __NR_connect, __NR_shutdown, __NR_recvmsg,
               __NR_sendmsg, __NR_epoll_create1, __NR_eventfd2});
  // Descriptors that it was given: certificates, error messages, logs.
  filter.rule(Verdict::allow, {__NR_fstat, __NR_lseek, __NR_pread64, __NR_readv, __NR_writev});
  // Memory, threads, time, random numbers; the end.
  filter.rule(Verdict::allow, {__NR_futex,
                               __NR_brk,
                               __NR_munmap,
                               __NR_mremap,
                               __NR_madvise,
                               __NR_clock_gettime,
                               __NR_gettimeofday,
                               __NR_clock_nanosleep,
                               __NR_nanosleep,
                               __NR_restart_syscall,
                               __NR_getrandom,
                               __NR_getpid,
                               __NR_gettid,
                               __NR_sched_yield,
                               __NR_sched_getaffinity,
                               __NR_sysinfo,
                               __NR_rseq,
                               __NR_set_robust_list,
                               __NR_rt_sigaction,
                               __NR_rt_sigprocmask,
                               __NR_rt_sigreturn,
                               __NR_sigaltstack,
                               __NR_exit,
                               __NR_exit_group});
}

void allow_some_arguments(os::CallFilter& filter) {
  const auto is = ArgumentTest::is;
  const auto has_none_of = ArgumentTest::has_none_of;
  constexpr std::uint32_t kNotType = ~std::uint32_t{SOCK_NONBLOCK | SOCK_CLOEXEC};
  const ArgumentTest stream{1, kNotType, SOCK_STREAM};
  filter.allow_if(__NR_socket,
                  {{is(0, AF_INET), stream, is(2, 0)},
                   {is(0, AF_INET6), stream, is(2, 0)},
                   {is(0, AF_INET), stream, is(2, IPPROTO_TCP)},
                   {is(0, AF_INET6), stream, is(2, IPPROTO_TCP)}},
                  Verdict::refuse);
  filter.allow_if(__NR_setsockopt,
                  {{is(1, IPPROTO_TCP), is(2, TCP_NODELAY)}, {is(1, SOL_SOCKET), is(2, SO_LINGER)}},
                  Verdict::refuse);
  filter.allow_if(__NR_getsockopt,
                  {{is(1, IPPROTO_TCP), is(2, TCP_INFO)}, {is(1, SOL_SOCKET), is(2, SO_ERROR)}},
                  Verdict::refuse);
  filter.allow_if(__NR_fcntl, {{is(1, F_DUPFD_CLOEXEC)}, {is(1, F_GETFD)}, {is(1, F_GETFL)}},
                  Verdict::refuse);
  // Of itself, its own limit of descriptors.
  filter.allow_if(__NR_prlimit64, {{is(0, 0), is(1, RLIMIT_NOFILE)}}, Verdict::refuse);
  filter.allow_if(__NR_mmap, {{has_none_of(2, PROT_EXEC)}}, Verdict::kill);
  filter.allow_if(__NR_mprotect, {{has_none_of(2, PROT_EXEC)}}, Verdict::kill);
  filter.allow_if(__NR_clone, {{is(0, kThread)}}, Verdict::kill);
  filter.rule(Verdict::unknown, {__NR_clone3});  // its flags are in memory; clone is tried instead
  // abort() raises SIGABRT so.
  filter.allow_if(__NR_tgkill, {{is(0, static_cast<std::uint32_t>(getpid()))}}, Verdict::kill);
}

void end_at_an_attack(os::CallFilter& filter) {
  // Other programs and processes, and what is in them.
  filter.rule(Verdict::kill,
              {__NR_execve, __NR_execveat,
#ifdef __NR_fork
               __NR_fork, __NR_vfork,
#endif
               __NR_ptrace, __NR_process_vm_readv, __NR_process_vm_writev, __NR_process_madvise,
               __NR_kcmp, __NR_pidfd_open, __NR_pidfd_getfd, __NR_pidfd_send_signal, __NR_kill,
               __NR_tkill, __NR_rt_sigqueueinfo, __NR_rt_tgsigqueueinfo});
  // Memory that becomes code, behind the back of mmap and mprotect.
  filter.rule(Verdict::kill, {__NR_pkey_mprotect, __NR_shmat, __NR_remap_file_pages,
                              __NR_memfd_create, __NR_personality,
#ifdef __NR_modify_ldt
                              __NR_modify_ldt,
#endif
                              __NR_userfaultfd});
  // Where the kernel itself is attacked.
  filter.rule(Verdict::kill,
              {__NR_bpf, __NR_perf_event_open, __NR_io_uring_setup, __NR_io_uring_enter,
               __NR_io_uring_register, __NR_io_setup, __NR_keyctl, __NR_add_key, __NR_request_key,
               __NR_init_module, __NR_finit_module, __NR_delete_module, __NR_kexec_load,
#ifdef __NR_kexec_file_load
               __NR_kexec_file_load,
#endif
#ifdef __NR_iopl
               __NR_iopl, __NR_ioperm,
#endif
               __NR_syslog, __NR_reboot});
  // Another view of the system.
  filter.rule(Verdict::kill,
              {__NR_setns, __NR_unshare, __NR_mount, __NR_umount2, __NR_pivot_root, __NR_chroot,
               __NR_open_tree, __NR_move_mount, __NR_fsopen, __NR_fsconfig, __NR_fsmount,
               __NR_fspick, __NR_mount_setattr, __NR_open_by_handle_at, __NR_name_to_handle_at,
               __NR_swapon, __NR_swapoff});
}

}  // namespace

os::CallFilter proxy_calls() {
  os::CallFilter filter;
  allow_what_is_used(filter);
  allow_some_arguments(filter);
  end_at_an_attack(filter);
  filter.finish(Verdict::refuse, kNewestKnown + 1);
  return filter;
}

Status enter_sandbox() {
  const char* wish = std::getenv("LIVEFIX_SANDBOX");
  if (kSanitized || (wish && std::string_view(wish) == "off")) return {};
  load_libraries();
  Status result;
  const auto keep = [&result](Status step) {
    if (result) result = std::move(step);
  };
  keep(os::give_up_new_privileges());
  os::lock_file_system();  // a second wall behind the refused open(): not missed where it is absent
  keep(os::drop_capabilities());
  keep(os::hide_memory());
  keep(proxy_calls().install());
  return result;
}

}  // namespace livefix::proxy
