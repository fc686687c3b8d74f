#include "os/listening_sockets.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "os/tcp_listener.h"

namespace livefix::os {
namespace {

TEST(ListeningSockets, ReadsTheKernelsTable) {
  const auto found = parse_listening_sockets(
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
      "inode\n"
      "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
      "4711 1 0\n"
      "   1: 0100007F:0BB8 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 "
      "4712 1 0\n"
      "garbage\n",
      Family::ipv4);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].address.to_string(), "127.0.0.1:3000");
  EXPECT_EQ(found[0].inode, 4711U);
}

TEST(ListeningSockets, FindsOnesOwn) {
  for (const auto& address : {Address::ipv4(127, 0, 0, 1, 0), *Address::parse_ip("::1", 0)}) {
    const auto listener = listen_tcp(address, {});
    ASSERT_TRUE(listener) << listener.error().message;
    const auto bound = local_address(listener->get());
    const auto all = listening_sockets();
    EXPECT_TRUE(std::ranges::any_of(all, [&](const auto& it) { return it.address == *bound; }));
    EXPECT_TRUE(is_listened_on(*bound));
  }
}

}  // namespace
}  // namespace livefix::os
