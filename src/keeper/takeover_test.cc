// Units under the port takeover, with real programs: what the whole product rests on.
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>

#include "keeper/port_takeover.h"
#include "keeper/public_ports.h"
#include "keeper/takeover_probe.h"
#include "keeper/units.h"
#include "os/signal_queue.h"
#include "os/socket_address.h"
#include "os/tcp_listener.h"

namespace livefix::keeper {
namespace {

std::uint16_t free_port() {
  const auto socket = os::bind_tcp(Address::ipv4(127, 0, 0, 1, 0), {});
  return os::local_address(socket->get())->port;
}

// "one" and "two" are for every request, "api" is for those below /api.
std::vector<ServiceSpec> three_services() {
  std::vector<ServiceSpec> services(3);
  services[0].name = "one";
  services[1].name = "two";
  services[2].name = "api";
  services[2].traffic.match.paths = {"/api"};
  return services;
}

// A keeper's middle without its roles: reports land in `reports`.
class Takeover : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { prctl(PR_SET_CHILD_SUBREAPER, 1); }

  void run_python(std::uint32_t id, std::string script, std::uint16_t service_index = 0) {
    units_.start({UnitId{id},
                  "dev",
                  {"/usr/bin/python3", "-c", std::move(script)},
                  {},
                  "",
                  true,
                  false,
                  service_index});
  }

  template <class Report>
  std::vector<Report> all() const {
    std::vector<Report> found;
    for (const auto& report : reports_) {
      if (const auto* match = std::get_if<Report>(&report)) found.push_back(*match);
    }
    return found;
  }

  template <class Report>
  std::vector<Report> wait_for(std::size_t count) {
    const auto give_up = Clock::now() + std::chrono::seconds(20);
    while (all<Report>().size() < count && Clock::now() < give_up) {
      loop_.run_once(Milliseconds{100});
    }
    EXPECT_GE(all<Report>().size(), count);
    auto found = all<Report>();
    found.resize(std::max(found.size(), count));
    return found;
  }

  void reap() {
    while (signals_.take()) {
    }
    int status = 0;
    for (pid_t pid = waitpid(-1, &status, WNOHANG); pid > 0; pid = waitpid(-1, &status, WNOHANG)) {
      units_.reaped(pid, status);
    }
  }

  void TearDown() override {
    units_.stop_all(Milliseconds{0});
    const auto give_up = Clock::now() + std::chrono::seconds(20);
    while (!units_.empty() && Clock::now() < give_up) loop_.run_once(Milliseconds{100});
    EXPECT_TRUE(units_.empty());
  }

  // What a client of `address` reads until the program closes.
  static std::string read_from(const Address& address) {
    const os::Fd client(socket(os::domain_of(address), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto raw = os::to_socket_address(address);
    if (connect(client.get(), raw.data(), raw.size) < 0) return "refused";
    char text[64] = {};
    const auto size = recv(client.get(), text, sizeof text, 0);
    return std::string(text, size > 0 ? static_cast<std::size_t>(size) : 0);
  }

  os::EventLoop loop_ = *os::EventLoop::create();
  os::SignalQueue signals_ = *os::SignalQueue::open({SIGCHLD});
  os::Watch reaper_{loop_, signals_.fd(), EPOLLIN, [this](std::uint32_t) { reap(); }};
  std::vector<link::ToControl> reports_;
  LoopbackBlock block_ = *LoopbackBlock::lock();
  std::vector<ServiceSpec> services_ = three_services();
  PublicPorts ports_{2, PublicPorts::Net{block_.net(), LoopbackBlock::kPrefix}, services_};
  PortTakeover takeover_{std::move(block_),
                         ports_,
                         {[](const auto&) {}, [this](auto report) { reports_.push_back(report); }}};
  Units units_{loop_,
               link::Takeover::seccomp,
               -1,
               {.report = [this](const auto& report, auto) { reports_.push_back(report); },
                .trapped_call = [this](Unit& unit) { takeover_.answer_next(unit); },
                .look_for_ports = [](Unit&) {},
                .port_hint = [] { return std::optional<PortHint>(); },
                .control_listens = [] { return true; },
                .gone = [] {}}};
};

std::string greeter(std::uint16_t port, const std::string& word, const std::string& host = "") {
  return fmt::format(R"(
import socket
s = socket.socket(socket.AF_INET6 if ":" in "{1}" else socket.AF_INET)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("{1}", {0}))
s.listen()
while True:
    c, _ = s.accept()
    c.sendall(b"{2}")
    c.close()
)",
                     port, host, word);
}

TEST_F(Takeover, IsToBeHadHere) {
  const auto probed = probe_takeover();
  EXPECT_TRUE(probed) << probed.error().message;
}

TEST_F(Takeover, RunsTwoProgramsOnOnePort) {
  const auto port = free_port();
  run_python(1, greeter(port, "one"));
  run_python(2, greeter(port, "two"));
  const auto listening = wait_for<link::UnitListening>(2);
  for (const auto& place : listening) {
    EXPECT_EQ(place.where.requested, Address::any_ipv4(port));
    EXPECT_EQ(place.where.backend.port, port);
    EXPECT_EQ(read_from(place.where.backend), place.unit == UnitId{1} ? "one" : "two");
  }
  ASSERT_EQ(ports_.all().size(), 1U);
  EXPECT_EQ(ports_.all()[0].listeners.size(), 2U);
}

TEST_F(Takeover, KeepsTheFamily) {
  const auto port = free_port();
  run_python(1, greeter(port, "six", "::"));
  const auto listening = wait_for<link::UnitListening>(1);
  EXPECT_EQ(listening[0].where.requested, Address::any_ipv6(port));
  EXPECT_TRUE(listening[0].where.backend.is_ipv4_mapped());
  EXPECT_EQ(read_from(listening[0].where.backend), "six");
}

TEST_F(Takeover, TellsAProgramWhatItWouldHaveHeard) {
  const auto taken = os::listen_tcp(Address::ipv4(127, 0, 0, 1, 0), {});
  const auto port = os::local_address(taken->get())->port;
  run_python(1, greeter(port, "never"));
  const auto refused = wait_for<link::PortRefused>(1);
  EXPECT_EQ(refused[0].address.port, port);
  EXPECT_EQ(refused[0].os_error, EADDRINUSE);
  EXPECT_EQ(WEXITSTATUS(wait_for<link::LeaderExited>(1)[0].wait_status), 1);
  wait_for<link::UnitGone>(1);
}

TEST_F(Takeover, RefusesAPortTwiceInOneProgram) {
  const auto port = free_port();
  run_python(1, fmt::format(R"(
import errno, socket, sys
first = socket.create_server(("127.0.0.1", {0}))
try:
    socket.create_server(("127.0.0.1", {0}))
except OSError as e:
    sys.exit(42 if e.errno == errno.EADDRINUSE else 1)
)",
                            port));
  EXPECT_EQ(WEXITSTATUS(wait_for<link::LeaderExited>(1)[0].wait_status), 42);
}

TEST_F(Takeover, AllowsAPortTwiceToThoseThatShareIt) {
  const auto port = free_port();
  run_python(1, fmt::format(R"(
import socket, sys
a = socket.create_server(("127.0.0.1", {0}), reuse_port=True)
b = socket.create_server(("127.0.0.1", {0}), reuse_port=True)
sys.exit(42)
)",
                            port));
  EXPECT_EQ(WEXITSTATUS(wait_for<link::LeaderExited>(1)[0].wait_status), 42);
  EXPECT_EQ(all<link::UnitListening>().size(), 1U);
}

TEST_F(Takeover, KnowsADaemonAsPartOfItsUnitAndEndsIt) {
  const auto port = free_port();
  run_python(1,
             "import os, sys\n"
             "if os.fork(): os._exit(0)\n"
             "os.setsid()\n"
             "if os.fork(): os._exit(0)\n" +
                 greeter(port, "daemon"));
  const auto listening = wait_for<link::UnitListening>(1);
  wait_for<link::LeaderExited>(1);
  EXPECT_EQ(read_from(listening[0].where.backend), "daemon");
  EXPECT_TRUE(all<link::UnitGone>().empty());
  units_.stop(UnitId{1}, Milliseconds{5000});
  wait_for<link::UnitGone>(1);
}

TEST_F(Takeover, KillsWhatDoesNotStop) {
  run_python(1, R"(
import os, signal, socket, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
s = socket.create_server(("127.0.0.1", )" +
                    std::to_string(free_port()) + R"())
signal.pause()
)");
  wait_for<link::UnitListening>(1);
  units_.stop(UnitId{1}, Milliseconds{50});
  EXPECT_EQ(WTERMSIG(wait_for<link::LeaderExited>(1)[0].wait_status), SIGKILL);
  wait_for<link::UnitGone>(1);
}

TEST_F(Takeover, LetsUdpAndPortZeroAlone) {
  run_python(1, R"(
import socket, sys
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("127.0.0.1", 0))
t = socket.create_server(("127.0.0.1", 0))
sys.exit(0 if u.getsockname()[0] == t.getsockname()[0] == "127.0.0.1" else 1)
)");
  EXPECT_EQ(WEXITSTATUS(wait_for<link::LeaderExited>(1)[0].wait_status), 0);
  EXPECT_TRUE(ports_.all().empty());
  EXPECT_EQ(all<link::PortNotRedirectable>().size(), 1U);  // port 0 cannot be served
}

TEST_F(Takeover, ServicesThatAreToldApartShareAPort) {
  const auto port = free_port();
  run_python(1, greeter(port, "one"), 0);
  run_python(2, greeter(port, "api"), 2);
  for (const auto& place : wait_for<link::UnitListening>(2)) {
    EXPECT_EQ(place.where.requested, Address::any_ipv4(port));
    EXPECT_EQ(read_from(place.where.backend), place.unit == UnitId{1} ? "one" : "api");
  }
  EXPECT_EQ(ports_.all().size(), 1U);
  EXPECT_TRUE(all<link::PortRefused>().empty());
}

TEST_F(Takeover, ServicesThatNothingTellsApartDoNot) {
  const auto port = free_port();
  run_python(1, greeter(port, "one"), 0);
  wait_for<link::UnitListening>(1);
  run_python(2, greeter(port, "two"), 1);
  const auto refused = wait_for<link::PortRefused>(1);
  EXPECT_EQ(refused[0].unit, UnitId{2});
  EXPECT_EQ(refused[0].os_error, EADDRINUSE);
  EXPECT_EQ(refused[0].holder, "one");
  wait_for<link::LeaderExited>(1);
}

TEST_F(Takeover, EachServiceCountsItsUnitsByItself) {
  run_python(5, "pass", 0);
  run_python(4, "pass", 1);
  EXPECT_EQ(wait_for<link::UnitStarted>(2)[1].unit, UnitId{4});
  EXPECT_EQ(units_.last(0), UnitId{5});
  EXPECT_EQ(units_.last(1), UnitId{4});
  EXPECT_EQ(units_.last(2), UnitId{0});
}

TEST_F(Takeover, RefusesAnIdThatWasUsed) {
  run_python(5, "pass");
  run_python(5, "pass");
  EXPECT_EQ(wait_for<link::UnitNotStarted>(1)[0].reason, "unit 5 existed");
}

TEST_F(Takeover, NamesACommandThatIsNotThere) {
  units_.start({UnitId{1}, "dev", {"livefix-no-such"}, {}, "", true, false});
  EXPECT_EQ(wait_for<link::UnitNotStarted>(1)[0].reason, "livefix-no-such: command not found");
}

class PublicPortsTest : public ::testing::Test {
 protected:
  const std::vector<ServiceSpec> services = three_services();
};

TEST_F(PublicPortsTest, TreatsTheIpv6WildcardAsBoth) {
  PublicPorts ports(1, std::nullopt, services);
  const auto port = free_port();
  ASSERT_NE(*ports.open(Address::any_ipv6(port), 0), nullptr);
  EXPECT_EQ(*ports.open(Address::any_ipv4(port), 0), nullptr);
  EXPECT_EQ(*ports.open(Address::any_ipv6(port), 0), nullptr);
}

TEST_F(PublicPortsTest, OpensBothWildcardsForAProgramThatBindsBoth) {
  PublicPorts ports(1, std::nullopt, services);
  const auto port = free_port();
  ASSERT_NE(*ports.open(Address::any_ipv4(port), 0), nullptr);
  EXPECT_NE(*ports.open(Address::any_ipv6(port), 0), nullptr);
}

TEST_F(PublicPortsTest, NoticesClientsThatVanish) {
  PublicPorts ports(1, std::nullopt, services);
  const auto opened = ports.open(Address::ipv4(127, 0, 0, 1, free_port()), 0);
  ASSERT_TRUE(opened);
  const int listener = (*opened)->listeners.at(0).get();
  const auto client = os::begin_connect((*opened)->address);
  ASSERT_TRUE(client);
  pollfd arrived{listener, POLLIN, 0};
  ASSERT_EQ(poll(&arrived, 1, 10'000), 1);
  const os::Fd accepted(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  int on = 0;
  socklen_t size = sizeof on;
  ASSERT_EQ(getsockopt(accepted.get(), SOL_SOCKET, SO_KEEPALIVE, &on, &size), 0);
  EXPECT_EQ(on, 1) << "accepted sockets have the options of their listener";
}

// Without this the proxy would talk to itself when a program dies.
TEST_F(PublicPortsTest, IsDeafToTheAddressesOfGenerations) {
  const auto listen_on = [this](std::optional<PublicPorts::Net> net) {
    PublicPorts ports(1, net, services);
    const auto port = free_port();
    EXPECT_TRUE(ports.open(Address::any_ipv6(port), 0));
    const os::Fd client(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const auto raw = os::to_socket_address(Address::ipv4(127, 65, 0, 1, port));
    connect(client.get(), raw.data(), raw.size);
    // The handshake on loopback is over before connect returns.
    pollfd state{client.get(), POLLOUT, 0};
    return poll(&state, 1, 0) == 1;
  };
  EXPECT_TRUE(listen_on(std::nullopt));
  EXPECT_FALSE(listen_on(PublicPorts::Net{Address::ipv4(127, 64, 0, 0, 0), 15}));
  EXPECT_TRUE(listen_on(PublicPorts::Net{Address::ipv4(127, 66, 0, 0, 0), 15}));
}

TEST_F(PublicPortsTest, DoesNotShareWithAStranger) {
  const auto stranger = os::listen_tcp(Address::ipv4(127, 0, 0, 1, 0), {.share_port = true});
  PublicPorts ports(1, std::nullopt, services);
  const auto opened = ports.open(*os::local_address(stranger->get()), 0);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().os_error, EADDRINUSE);
}

TEST_F(PublicPortsTest, CloseWithTheLastServiceThatHasThem) {
  PublicPorts ports(1, std::nullopt, services);
  const auto port = free_port();
  ASSERT_NE(*ports.open(Address::any_ipv6(port), 0), nullptr);
  EXPECT_EQ(*ports.open(Address::any_ipv4(port), 2), nullptr) << "it is covered";
  EXPECT_EQ(ports.of(2), std::vector{Address::any_ipv4(port)});
  EXPECT_TRUE(ports.close(Address::any_ipv6(port), 0).empty()) << "the other one has it still";
  EXPECT_EQ(ports.all().size(), 1U);
  EXPECT_EQ(ports.close(Address::any_ipv4(port), 2), std::vector{Address::any_ipv6(port)});
  EXPECT_TRUE(ports.all().empty());
}

TEST_F(PublicPortsTest, KnowWhoCannotBeToldApart) {
  PublicPorts ports(1, std::nullopt, services);
  const auto port = free_port();
  ASSERT_TRUE(ports.open(Address::any_ipv4(port), 0));
  EXPECT_EQ(ports.rival(port, 0), nullptr) << "nobody is a rival of oneself";
  ASSERT_NE(ports.rival(port, 1), nullptr);
  EXPECT_EQ(ports.rival(port, 1)->name, "one");
  EXPECT_EQ(ports.rival(port, 2), nullptr);
  EXPECT_TRUE(ports.is_anothers(port, 2));
  EXPECT_FALSE(ports.is_anothers(port, 0));
  ports.close(Address::any_ipv4(port), 0);
  EXPECT_EQ(ports.rival(port, 1), nullptr);
}

TEST_F(PublicPortsTest, TheProxysOwnStayWhateverServicesClose) {
  PublicPorts ports(1, std::nullopt, services);
  const auto port = free_port();
  ASSERT_TRUE(ports.open_own(Address::any_ipv4(port), {}));
  EXPECT_EQ(*ports.open(Address::any_ipv4(port), 0), nullptr);
  EXPECT_TRUE(ports.close(Address::any_ipv4(port), 0).empty());
  EXPECT_EQ(ports.all().size(), 1U);
}

}  // namespace
}  // namespace livefix::keeper
