// Instructions of classic BPF for seccomp filters, and what a filter sees of a call.
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstddef>
#include <cstdint>

namespace livefix::os::bpf {

#if defined(__x86_64__)
inline constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
inline constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "the seccomp filters know x86-64 and arm64"
#endif

inline constexpr std::uint32_t kX32Bit = 0x40000000;  // system calls of the x32 ABI start here

inline constexpr std::size_t kCallArchitecture = offsetof(seccomp_data, arch);
inline constexpr std::size_t kCallNumber = offsetof(seccomp_data, nr);

// Both architectures are little-endian.
constexpr std::size_t low_word_of_argument(std::size_t index) {
  return offsetof(seccomp_data, args) + 8 * index;
}

constexpr sock_filter load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
constexpr sock_filter keep_bits(std::uint32_t mask) {
  return BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask);
}
constexpr sock_filter jump_if(std::uint16_t comparison, std::uint32_t value, std::uint8_t yes,
                              std::uint8_t no) {
  return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K), value, yes, no);
}
constexpr sock_filter verdict(std::uint32_t value) {
  return BPF_STMT(BPF_RET | BPF_K, value);
}

}  // namespace livefix::os::bpf
