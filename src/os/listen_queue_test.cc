#include "os/listen_queue.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "os/socket_address.h"
#include "os/tcp_listener.h"

namespace livefix::os {
namespace {

Fd connect_to(const Address& address) {
  Fd client(socket(domain_of(address), SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto raw = to_socket_address(address);
  EXPECT_EQ(connect(client.get(), raw.data(), raw.size), 0);
  return client;
}

class ListenQueue : public testing::TestWithParam<Address> {};

TEST_P(ListenQueue, CountsWhatWaits) {
  const auto listener = listen_tcp(GetParam(), {});
  ASSERT_TRUE(listener) << listener.error().message;
  const Address address = *local_address(listener->get());
  EXPECT_EQ(listen_queue_length(address), 0U);
  const Fd one = connect_to(address);
  const Fd two = connect_to(address);
  EXPECT_EQ(listen_queue_length(address), 2U);
  const Fd accepted(accept(listener->get(), nullptr, nullptr));
  EXPECT_EQ(listen_queue_length(address), 1U);
}

INSTANTIATE_TEST_SUITE_P(Families, ListenQueue,
                         testing::Values(Address::ipv4(127, 0, 0, 1, 0),
                                         Address::ipv4(127, 0, 0, 1, 0).mapped_to_ipv6()));

TEST(ListenQueueAlone, NobodyListens) {
  Address address;
  {
    const auto listener = listen_tcp(Address::ipv4(127, 0, 0, 1, 0), {});
    ASSERT_TRUE(listener);
    address = *local_address(listener->get());
  }
  EXPECT_EQ(listen_queue_length(address), std::nullopt);
}

}  // namespace
}  // namespace livefix::os
