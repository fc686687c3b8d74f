// A seccomp filter by rules: what becomes of each system call that this process makes from now on.
// Built on any thread; what is installed holds for the whole process, for ever.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "base/result.h"

namespace livefix::os {

enum class Verdict : std::uint8_t {
  allow,
  refuse,   // EPERM: the caller goes on without
  unknown,  // ENOSYS: as on a kernel that does not have it, so that libraries take the older way
  kill,     // the whole process ends with SIGSYS
};

// Holds when the bits `mask` of an argument are `value`. Only the low 32 bits are looked at: of
// ints and flags the kernel takes no more. What a pointer points to is out of a filter's sight.
struct ArgumentTest {
  std::size_t argument;
  std::uint32_t mask;
  std::uint32_t value;

  static ArgumentTest is(std::size_t argument, std::uint32_t value) {
    return {argument, ~0U, value};
  }
  static ArgumentTest has_none_of(std::size_t argument, std::uint32_t bits) {
    return {argument, bits, 0};
  }
};

// The rules are tried in the order in which they were made. Calls of another architecture or ABI
// (32-bit, x32) end the process: their numbers mean other calls.
class CallFilter {
 public:
  CallFilter();

  // Rules that look at no argument: kernels from 5.11 on run no filter for what these allow.
  void rule(Verdict verdict, std::initializer_list<int> calls);
  // Allowed when all of `tests` hold for one of the `cases`; else as `otherwise` says.
  void allow_if(int call, std::initializer_list<std::initializer_list<ArgumentTest>> cases,
                Verdict otherwise);
  // For what no rule names; calls from the number `newer` on are unknown.
  void finish(Verdict others, int newer);

  const std::vector<sock_filter>& program() const { return program_; }

  // For all threads. Needs no_new_privs or CAP_SYS_ADMIN (EACCES). `os_error` ENOSYS, EINVAL or
  // EPERM: not to be had here.
  Status install() const;

 private:
  std::vector<sock_filter> program_;
};

}  // namespace livefix::os
