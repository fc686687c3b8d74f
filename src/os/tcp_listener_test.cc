#include "os/tcp_listener.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "os/socket_address.h"

namespace livefix::os {
namespace {

int option_of(const Fd& socket, int level, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  EXPECT_EQ(getsockopt(socket.get(), level, option, &value, &size), 0);
  return value;
}

// One call for each listener, and none for each connection.
TEST(TcpListener, WhatItAcceptsNoticesPeersThatVanish) {
  for (const auto& address : {Address::ipv4(127, 0, 0, 1, 0), *Address::parse_ip("::1", 0)}) {
    const auto listener = listen_tcp(address, {.non_blocking = false});
    ASSERT_TRUE(listener) << listener.error().message;
    const auto client = begin_connect(*local_address(listener->get()));
    ASSERT_TRUE(client) << client.error().message;
    const Fd accepted(::accept4(listener->get(), nullptr, nullptr, SOCK_CLOEXEC));
    ASSERT_TRUE(accepted);
    EXPECT_EQ(option_of(accepted, SOL_SOCKET, SO_KEEPALIVE), 1);
    const int silence = option_of(accepted, IPPROTO_TCP, TCP_KEEPIDLE) +
                        option_of(accepted, IPPROTO_TCP, TCP_KEEPINTVL) *
                            option_of(accepted, IPPROTO_TCP, TCP_KEEPCNT);
    EXPECT_GT(silence, 0);
    EXPECT_LE(silence, 180) << "seconds until it is noticed";
    EXPECT_EQ(option_of(accepted, IPPROTO_TCP, TCP_USER_TIMEOUT), 0)
        << "that would end a tunnel whose client takes nothing for a while";
    EXPECT_EQ(option_of(accepted, IPPROTO_TCP, TCP_NODELAY), 1);
  }
}

}  // namespace
}  // namespace livefix::os
