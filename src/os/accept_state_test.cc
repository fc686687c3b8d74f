#include "os/accept_state.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

class AcceptStateOf : public testing::TestWithParam<Address> {
 protected:
  AcceptState state() const { return accept_state(*local_address(client_.get()), server_); }

  Fd listener_ = *listen_tcp(GetParam(), {});
  Address server_ = *local_address(listener_.get());
  Fd client_ = connect_to(server_);
};

TEST_P(AcceptStateOf, AProgramThatAccepts) {
  EXPECT_EQ(state(), AcceptState::waiting);
  Fd accepted(accept(listener_.get(), nullptr, nullptr));
  EXPECT_EQ(state(), AcceptState::accepted);
  accepted.reset();
  EXPECT_EQ(state(), AcceptState::accepted);  // it closed what it had accepted
}

TEST_P(AcceptStateOf, AProgramThatDies) {
  listener_.reset();
  EXPECT_EQ(state(), AcceptState::gone);
}

INSTANTIATE_TEST_SUITE_P(Families, AcceptStateOf,
                         testing::Values(Address::ipv4(127, 0, 0, 1, 0),
                                         Address::ipv4(127, 0, 0, 1, 0).mapped_to_ipv6(),
                                         *Address::parse_ip("::1", 0)));

TEST(AcceptState, OfAProgramThatWantsDataFirst) {
  const auto listener = bind_tcp(Address::ipv4(127, 0, 0, 1, 0), {});
  const int seconds = 5;
  ASSERT_EQ(setsockopt(listener->get(), IPPROTO_TCP, TCP_DEFER_ACCEPT, &seconds, sizeof seconds),
            0);
  ASSERT_TRUE(start_listening(listener->get()));
  const auto server = *local_address(listener->get());
  const Fd client = connect_to(server);
  EXPECT_EQ(accept_state(*local_address(client.get()), server), AcceptState::deferred);
}

}  // namespace
}  // namespace livefix::os
