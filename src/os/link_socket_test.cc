#include "os/link_socket.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace livefix::os {
namespace {

struct Ends {
  LinkSocket a, b;
};

Ends connected() {
  auto pair = LinkSocket::pair();
  return {LinkSocket(std::move(pair->first)), LinkSocket(std::move(pair->second))};
}

std::string text(std::variant<Packet, NothingYet, LinkClosed> outcome) {
  const auto* packet = std::get_if<Packet>(&outcome);
  return packet ? packet->bytes : "nothing";
}

TEST(LinkSocket, KeepsMessagesWholeAndInOrder) {
  auto ends = connected();
  ASSERT_TRUE(ends.a.send("one"));
  ASSERT_TRUE(ends.a.send("two"));
  EXPECT_EQ(text(ends.b.receive()), "one");
  EXPECT_EQ(text(ends.b.receive()), "two");
  EXPECT_TRUE(std::holds_alternative<NothingYet>(ends.b.receive()));
}

TEST(LinkSocket, CarriesDescriptors) {
  auto ends = connected();
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  Fd reader(pipe_ends[0]), writer(pipe_ends[1]);
  const int fds[] = {writer.get()};
  ASSERT_TRUE(ends.a.send("a pipe", fds));
  auto outcome = ends.b.receive();
  auto& packet = std::get<Packet>(outcome);
  ASSERT_EQ(packet.fds.size(), 1U);
  ASSERT_EQ(write(packet.fds[0].get(), "x", 1), 1);
  char byte = 0;
  EXPECT_EQ(read(reader.get(), &byte, 1), 1);
}

TEST(LinkSocket, QueuesForASlowReaderAndLosesNothing) {
  auto ends = connected();
  const std::string large(10'000, 'x');
  int sent = 0;
  while (!ends.a.has_backlog()) {
    ASSERT_TRUE(ends.a.send(large));
    ASSERT_LT(++sent, 4000);
  }
  ASSERT_TRUE(ends.a.send("last"));
  int received = 0;
  std::string last;
  for (auto got = text(ends.b.receive()); got != "nothing"; got = text(ends.b.receive())) {
    ++received;
    last = got;
    ASSERT_TRUE(ends.a.flush());
  }
  EXPECT_EQ(received, sent + 1);
  EXPECT_EQ(last, "last");
}

TEST(LinkSocket, TellsWhenThePeerIsGone) {
  auto ends = connected();
  {
    LinkSocket gone = std::move(ends.b);
  }
  EXPECT_TRUE(std::holds_alternative<LinkClosed>(ends.a.receive()));
  EXPECT_FALSE(ends.a.send("hello"));
}

}  // namespace
}  // namespace livefix::os
