#include "os/packet_filter.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>

namespace livefix::os {

Status drop_packets_to(int listener, const Address& net, unsigned prefix) {
  const std::uint32_t mask = prefix == 0 ? 0 : ~0U << (32 - prefix);
  std::uint32_t address = 0;
  for (int i = 0; i < 4; ++i) address = address << 8 | net.bytes[static_cast<std::size_t>(i)];
  const auto header = [](unsigned offset) {
    return static_cast<std::uint32_t>(SKF_NET_OFF) + offset;
  };
  constexpr unsigned kVersion = 0;       // high nibble of the first byte of the IP header
  constexpr unsigned kDestination = 16;  // RFC 791 section 3.1
  // An IPv6 socket gets IPv4 packets as they are, so the version decides.
  std::array program{
      sock_filter BPF_STMT(BPF_LD | BPF_B | BPF_ABS, header(kVersion)),
      sock_filter BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 4),
      sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, header(kDestination)),
      sock_filter BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
      sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, address & mask, 0, 1),
      sock_filter BPF_STMT(BPF_RET | BPF_K, 0),
      sock_filter BPF_STMT(BPF_RET | BPF_K, ~0U),
  };
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (setsockopt(listener, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof filter) < 0) {
    return fail_errno("attach a packet filter");
  }
  return {};
}

}  // namespace livefix::os
