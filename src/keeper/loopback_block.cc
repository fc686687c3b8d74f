#include "keeper/loopback_block.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>

namespace livefix::keeper {
namespace {

constexpr int kFirst = 64;  // below it people use 127.x addresses themselves
constexpr int kBlocks = 95;

// Unix sockets in the abstract namespace vanish with their last descriptor and are, like ports,
// one space a network namespace: what a lock on loopback addresses needs.
Result<os::Fd> lock_name(int block) {
  os::Fd guard(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!guard) return fail_errno("socket");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = fmt::format("livefix-127.{}", block);
  name.copy(address.sun_path + 1, name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (bind(guard.get(), reinterpret_cast<const sockaddr*>(&address), size) < 0) {
    return fail_errno("lock 127.{}.0.0", block);
  }
  return guard;
}

}  // namespace

Result<LoopbackBlock> LoopbackBlock::lock() {
  // Starting at a place of one's own keeps clear of what a killed livefix may have left listening.
  const int start = getpid() % kBlocks;
  for (int i = 0; i < kBlocks; ++i) {
    const int block = kFirst + 2 * ((start + i) % kBlocks);
    if (auto guard = lock_name(block)) {
      return LoopbackBlock(std::move(*guard), static_cast<std::uint8_t>(block));
    }
  }
  return fail("{} livefix run here already; there are no loopback addresses left", kBlocks);
}

Address LoopbackBlock::substitute(UnitId unit, const Address& requested) const {
  const bool six = requested.family == Family::ipv6 && !requested.is_ipv4_mapped();
  // 1 to 65,534: the net's first and last address are left alone.
  const std::uint32_t host = (number(unit) - 1) % 65'534 + 1;
  const Address address = Address::ipv4(127, static_cast<std::uint8_t>(block_ + (six ? 1 : 0)),
                                        static_cast<std::uint8_t>(host >> 8),
                                        static_cast<std::uint8_t>(host & 0xff), requested.port);
  return requested.family == Family::ipv6 ? address.mapped_to_ipv6() : address;
}

}  // namespace livefix::keeper
