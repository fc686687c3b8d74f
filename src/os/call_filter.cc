#include "os/call_filter.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "os/bpf.h"

namespace livefix::os {
namespace {

std::uint32_t seccomp_value(Verdict verdict) {
  switch (verdict) {
    case Verdict::allow:
      return SECCOMP_RET_ALLOW;
    case Verdict::refuse:
      return SECCOMP_RET_ERRNO | EPERM;
    case Verdict::unknown:
      return SECCOMP_RET_ERRNO | ENOSYS;
    case Verdict::kill:
      break;
  }
  return SECCOMP_RET_KILL_PROCESS;
}

long install_program(const std::vector<sock_filter>& program, unsigned long flags) {
  const sock_fprog filter{static_cast<unsigned short>(program.size()),
                          const_cast<sock_filter*>(program.data())};
  return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
}

}  // namespace

CallFilter::CallFilter() {
  program_ = {
      bpf::load(bpf::kCallArchitecture),         bpf::jump_if(BPF_JEQ, bpf::kArchitecture, 1, 0),
      bpf::verdict(SECCOMP_RET_KILL_PROCESS),    bpf::load(bpf::kCallNumber),
      bpf::jump_if(BPF_JGE, bpf::kX32Bit, 0, 1), bpf::verdict(SECCOMP_RET_KILL_PROCESS),
  };
}

void CallFilter::rule(Verdict verdict, std::initializer_list<int> calls) {
  for (const int call : calls) {
    program_.push_back(bpf::jump_if(BPF_JEQ, static_cast<std::uint32_t>(call), 0, 1));
    program_.push_back(bpf::verdict(seccomp_value(verdict)));
  }
}

// A test that fails jumps to the next case, and behind the last case is `otherwise`.
void CallFilter::allow_if(int call,
                          std::initializer_list<std::initializer_list<ArgumentTest>> cases,
                          Verdict otherwise) {
  std::vector<sock_filter> body;
  for (const auto& tests : cases) {
    std::size_t left = tests.size();
    for (const ArgumentTest& test : tests) {
      --left;
      body.push_back(bpf::load(bpf::low_word_of_argument(test.argument)));
      body.push_back(bpf::keep_bits(test.mask));
      body.push_back(bpf::jump_if(BPF_JEQ, test.value, 0, static_cast<std::uint8_t>(3 * left + 1)));
    }
    body.push_back(bpf::verdict(SECCOMP_RET_ALLOW));
  }
  body.push_back(bpf::verdict(seccomp_value(otherwise)));
  program_.push_back(bpf::jump_if(BPF_JEQ, static_cast<std::uint32_t>(call), 0,
                                  static_cast<std::uint8_t>(body.size())));
  program_.insert(program_.end(), body.begin(), body.end());
}

void CallFilter::finish(Verdict others, int newer) {
  program_.push_back(bpf::jump_if(BPF_JGE, static_cast<std::uint32_t>(newer), 0, 1));
  program_.push_back(bpf::verdict(seccomp_value(Verdict::unknown)));
  program_.push_back(bpf::verdict(seccomp_value(others)));
}

Status CallFilter::install() const {
  // SPEC_ALLOW: kernels before 5.16 else slow down every branch and store of a filtered process,
  // which protects those that run foreign code beside their own secrets.
  long done = install_program(program_, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW);
  if (done < 0 && errno == EINVAL) done = install_program(program_, SECCOMP_FILTER_FLAG_TSYNC);
  if (done < 0) return fail_errno("seccomp");
  if (done > 0) return fail("seccomp: thread {} has another filter", done);
  return {};
}

}  // namespace livefix::os
