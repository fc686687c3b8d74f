#include "os/privileges.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "os/fd.h"

namespace livefix::os {
namespace {

// Of <linux/landlock.h>, of which many systems have an older version or none.
constexpr unsigned kAskForVersion = 1;
constexpr std::uint64_t kBindTcp = 1;
constexpr std::uint64_t kAbstractUnixSockets = 1;
constexpr std::uint64_t kSignals = 2;

struct Ruleset {
  std::uint64_t files;
  std::uint64_t ports;
  std::uint64_t scopes;
};

// By version of the interface: how many rights to files it knows (bit 0 up), and how much of a
// Ruleset it takes.
Ruleset everything_in(long version) {
  constexpr std::array kFileRights{0, 13, 14, 15, 15, 16};
  const auto known =
      static_cast<std::size_t>(std::min<long>(version, static_cast<long>(kFileRights.size()) - 1));
  return {.files = (std::uint64_t{1} << kFileRights[known]) - 1,
          .ports = version >= 4 ? kBindTcp : 0,
          .scopes = version >= 6 ? kAbstractUnixSockets | kSignals : 0};
}

std::size_t size_in(long version) {
  return version >= 6   ? sizeof(Ruleset)
         : version >= 4 ? offsetof(Ruleset, scopes)
                        : offsetof(Ruleset, ports);
}

}  // namespace

Status give_up_new_privileges() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return fail_errno("no_new_privs");
  return {};
}

Status drop_capabilities() {
  // Until the kernel does not know the next one. EPERM without CAP_SETPCAP: then the bounding set
  // only limits what an exec could give, and no_new_privs has ended that.
  for (int capability = 0; prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; ++capability) {
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  const std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  if (syscall(__NR_capset, &header, none.data()) < 0) return fail_errno("drop capabilities");
  return {};
}

Status hide_memory() {
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) < 0) return fail_errno("forbid core dumps");
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) return fail_errno("forbid tracing");
  return {};
}

bool lock_file_system() {
  const long version = syscall(__NR_landlock_create_ruleset, nullptr, 0, kAskForVersion);
  if (version < 1) return false;
  const Ruleset everything = everything_in(version);
  const Fd rules(
      static_cast<int>(syscall(__NR_landlock_create_ruleset, &everything, size_in(version), 0)));
  return rules && syscall(__NR_landlock_restrict_self, rules.get(), 0) == 0;
}

}  // namespace livefix::os
