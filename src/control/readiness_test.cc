#include "control/readiness.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <vector>

#include "base/clock.h"
#include "os/tcp_listener.h"

namespace livefix::control {
namespace {

using namespace std::chrono_literals;

bool somebody_waits(int listener) {
  pollfd waiting{listener, POLLIN, 0};
  return poll(&waiting, 1, 0) == 1;
}

struct Knocking {
  boost::asio::io_context context;
  std::vector<UnitId> accepted;
  Readiness readiness{context, [this](UnitId unit, const Address&) { accepted.push_back(unit); }};

  template <class Condition>
  void run_until(Condition condition) {
    const TimePoint end = Clock::now() + 10s;
    while (!condition() && Clock::now() < end) context.run_one_for(10ms);
  }
};

TEST(Readiness, IsNotThereBeforeTheConnectionIsAccepted) {
  const auto listener = os::listen_tcp(Address::ipv4(127, 0, 0, 1, 0), {.non_blocking = false});
  ASSERT_TRUE(listener);
  const Address address = *os::local_address(listener->get());
  Knocking knocking;
  knocking.readiness.knock(UnitId{3}, address);
  knocking.readiness.knock(UnitId{3}, address);
  // Once it lies in the queue, some looks at it must not take it for accepted.
  knocking.run_until([&] { return somebody_waits(listener->get()); });
  for (int looks = 0; looks < 10; ++looks) knocking.context.run_one_for(10ms);
  EXPECT_TRUE(knocking.accepted.empty());
  const os::Fd connection(accept(listener->get(), nullptr, nullptr));
  knocking.run_until([&] { return !knocking.accepted.empty(); });
  EXPECT_EQ(knocking.accepted, std::vector<UnitId>{UnitId{3}});
  char byte = 0;
  EXPECT_EQ(recv(connection.get(), &byte, 1, 0), 0) << "it says nothing and leaves";
}

TEST(Readiness, TriesAgainWhereNobodyListensYet) {
  Address address;
  {
    const auto listener = os::listen_tcp(Address::ipv4(127, 0, 0, 1, 0), {});
    address = *os::local_address(listener->get());
  }
  Knocking knocking;
  knocking.readiness.knock(UnitId{1}, address);
  for (int tries = 0; tries < 4; ++tries) knocking.context.run_one_for(20ms);
  EXPECT_TRUE(knocking.accepted.empty());
  const auto listener = os::listen_tcp(address, {.non_blocking = false});
  ASSERT_TRUE(listener);
  knocking.run_until([&] { return somebody_waits(listener->get()); });
  const os::Fd connection(accept(listener->get(), nullptr, nullptr));
  knocking.run_until([&] { return !knocking.accepted.empty(); });
  EXPECT_EQ(knocking.accepted.size(), 1U);
}

TEST(Readiness, AProgramThatDiesWithoutAcceptingWasNotReady) {
  auto listener = os::listen_tcp(Address::ipv4(127, 0, 0, 1, 0), {});
  const Address address = *os::local_address(listener->get());
  Knocking knocking;
  knocking.readiness.knock(UnitId{1}, address);
  knocking.run_until([&] { return somebody_waits(listener->get()); });
  listener->reset();
  for (int looks = 0; looks < 10; ++looks) knocking.context.run_one_for(10ms);
  EXPECT_TRUE(knocking.accepted.empty());
}

TEST(Readiness, ACancelledKnockIsNeverAnswered) {
  const auto listener = os::listen_tcp(Address::ipv4(127, 0, 0, 1, 0), {.non_blocking = false});
  const Address address = *os::local_address(listener->get());
  Knocking knocking;
  knocking.readiness.knock(UnitId{1}, address);
  knocking.run_until([&] { return somebody_waits(listener->get()); });
  knocking.readiness.cancel(UnitId{1});
  const os::Fd connection(accept(listener->get(), nullptr, nullptr));
  knocking.context.restart();
  knocking.context.run();  // until nothing is under way
  EXPECT_TRUE(knocking.accepted.empty());
}

}  // namespace
}  // namespace livefix::control
