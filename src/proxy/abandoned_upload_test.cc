// Clients that leave while they upload: what their program sees of it, and what the kernel keeps.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <fstream>
#include <sstream>

#include "proxy/proxy_harness.h"

namespace livefix::proxy {
namespace {

using namespace livefix::proxy::testing;

constexpr auto kPatience = kPatienceSeconds * 1000;
// More than a program takes that does not read.
constexpr std::size_t kMuch = std::size_t{512} << 10;

// What is reported without being asked for says that the connection is broken.
bool waits_for(const Peer& peer, short events) {
  pollfd one{.fd = peer.fd(), .events = events, .revents = 0};
  return poll(&one, 1, kPatience) == 1;
}

// A request with that body, of which nothing was read.
bool has_arrived(const Peer& peer, std::string_view body) {
  std::string bytes(2 * body.size(), '\0');
  const ssize_t size = recv(peer.fd(), bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
  bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return bytes.ends_with(body);
}

// Sockets whose other end is that port; those that only remember that they were, do not count.
int count_sockets_to(std::uint16_t port) {
  std::ifstream table("/proc/net/tcp");
  std::string line;
  const std::string wanted = fmt::format(":{:04X}", port);
  constexpr std::string_view kTimeWait = "06";
  int count = 0;
  while (std::getline(table, line)) {
    std::istringstream words(line);
    std::string number, local, remote, state;
    words >> number >> local >> remote >> state;
    if (remote.ends_with(wanted) && state != kTimeWait) ++count;
  }
  return count;
}

struct Abandoned {
  const char* name;
  std::string_view framing;
  bool is_slow = false;  // the client, which does not leave
  friend void PrintTo(const Abandoned& one, std::ostream* out) { *out << one.name; }
};

class AbandonedUpload : public ::testing::TestWithParam<Abandoned> {};

TEST_P(AbandonedUpload, IsBrokenForTheProgramAndGoneAtOnce) {
  std::atomic<bool> asked{false};
  std::atomic<bool> told{false};
  std::atomic<bool> looked{false};
  ScriptedBackend backend([&](Peer& peer) {
    peer.read_head();
    asked = true;
    told = waits_for(peer, 0);
    // It reads nothing before.
    EXPECT_TRUE(ProxyHarness::eventually([&] { return looked.load(); }));
    peer.read_all();
    EXPECT_TRUE(peer.was_reset());
  });
  const bool is_slow = GetParam().is_slow;
  ProxyHarness proxy(1, with({.body_time = Milliseconds{is_slow ? 50 : 60'000}}));
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(fmt::format("POST / HTTP/1.1\r\nHost: a\r\n{}\r\n\r\n", GetParam().framing));
  client.send(fmt::format("{:x}\r\n", 20 * kMuch));  // of a chunk, or just bytes
  client.send(std::string(kMuch, 'x'));
  ASSERT_TRUE(ProxyHarness::eventually([&] { return asked.load(); }));
  if (!is_slow) client.close();
  EXPECT_TRUE(ProxyHarness::eventually([&] { return told.load(); }));
  EXPECT_TRUE(
      ProxyHarness::eventually([&] { return count_sockets_to(backend.address().port) == 0; }));
  looked = true;
}

INSTANTIATE_TEST_SUITE_P(, AbandonedUpload,
                         ::testing::Values(Abandoned{"WithALength", "Content-Length: 10000000"},
                                           Abandoned{"InChunks", "Transfer-Encoding: chunked"},
                                           Abandoned{"ByAClientThatIsSlow",
                                                     "Content-Length: 10000000", true}),
                         [](const auto& one) { return one.param.name; });

TEST(WholeUpload, IsLeftForTheProgramToRead) {
  const std::string body(20'000, 'x');
  std::atomic<bool> delivered{false};
  std::string read;
  std::atomic<bool> ended_in_order{false};
  ScriptedBackend backend([&](Peer& peer) {
    delivered = ProxyHarness::eventually([&] { return has_arrived(peer, body); });
    ASSERT_TRUE(waits_for(peer, POLLRDHUP));
    peer.read_head();
    read = peer.read(body.size());
    ended_in_order = peer.is_closed() && !peer.was_reset();
  });
  ProxyHarness proxy;
  proxy.use(backend);
  Peer client = proxy.connect();
  client.send(post(body));
  ASSERT_TRUE(ProxyHarness::eventually([&] { return delivered.load(); }));
  client.close();
  EXPECT_TRUE(ProxyHarness::eventually([&] { return ended_in_order.load(); }));
  EXPECT_EQ(read, body);
}

}  // namespace
}  // namespace livefix::proxy
