#include "proxy/proxy_harness.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "model/codec.h"
#include "os/socket_address.h"
#include "os/tcp_listener.h"
#include "os/wake_event.h"
#include "proxy/proxy.h"
#include "proxy/sandbox.h"

namespace livefix::proxy::testing {

// --- a peer --------------------------------------------------------------------------------------

Peer::Peer(os::Fd fd) : fd_(std::move(fd)) {
  const timeval limit{.tv_sec = kPatienceSeconds, .tv_usec = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

Peer Peer::connect(const Address& address) {
  Peer peer(os::Fd(::socket(os::domain_of(address), SOCK_STREAM | SOCK_CLOEXEC, 0)));
  const auto raw = os::to_socket_address(address);
  EXPECT_EQ(::connect(peer.fd_.get(), raw.data(), raw.size), 0) << strerror(errno);
  return peer;
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string Peer::read_until(std::string_view end) {
  while (buffer_.find(end) == std::string::npos && fill()) {
  }
  const std::size_t found = buffer_.find(end);
  return take(found == std::string::npos ? buffer_.size() : found + end.size());
}

std::string Peer::read(std::size_t size) {
  while (buffer_.size() < size && fill()) {
  }
  return take(std::min(size, buffer_.size()));
}

std::string Peer::read_all() {
  while (fill()) {
  }
  return take(buffer_.size());
}

std::string Peer::read_message() {
  std::string message = read_head();
  const std::size_t at = message.find("Content-Length: ");
  if (at != std::string::npos) message += read(std::stoul(message.substr(at + 16)));
  return message;
}

bool Peer::is_closed() {
  if (!buffer_.empty()) return false;
  fill();
  return buffer_.empty() && ended_;
}

void Peer::shut_down_sending() {
  ::shutdown(fd_.get(), SHUT_WR);
}

void Peer::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  fd_.reset();
}

bool Peer::fill() {
  if (ended_) return false;
  char bytes[65536];
  const ssize_t got = ::recv(fd_.get(), bytes, sizeof bytes, 0);
  if (got > 0) {
    buffer_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }
  if (got == 0 || (errno != EAGAIN && errno != EINTR)) ended_ = true;
  if (got < 0 && errno == ECONNRESET) reset_ = true;
  return false;
}

std::string Peer::take(std::size_t size) {
  std::string taken = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return taken;
}

// --- a backend -----------------------------------------------------------------------------------

ScriptedBackend::ScriptedBackend(Script script, Address address) : script_(std::move(script)) {
  auto listener = os::listen_tcp(address, {.share_port = false, .non_blocking = false});
  EXPECT_TRUE(listener) << listener.error().message;
  listener_ = std::move(*listener);
  address_ = *os::local_address(listener_.get());
  thread_ = std::thread([this] { serve(); });
}

void ScriptedBackend::stop() {
  if (!thread_.joinable()) return;
  ::shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
  listener_.reset();
  for (auto& thread : connections_) thread.join();
}

void ScriptedBackend::serve() {
  for (;;) {
    os::Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) return;
    ++accepted_;
    connections_.emplace_back([this, peer = Peer(std::move(fd))]() mutable { script_(peer); });
  }
}

// --- what they say -------------------------------------------------------------------------------

std::string ok(std::string_view body) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
}

std::string get(std::string_view path) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: shop\r\n\r\n", path);
}

std::string post(std::string_view body) {
  return fmt::format("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: {}\r\n\r\n{}", body.size(),
                     body);
}

std::string without_interim(std::string text) {
  while (text.starts_with("HTTP/1.1 1")) {
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string::npos) break;
    text.erase(0, end + 4);
  }
  return text;
}

ScriptedBackend::Script always(std::string body) {
  return [body = std::move(body)](Peer& peer) {
    while (!peer.read_message().empty()) {
      if (!peer.send(ok(body))) return;
    }
  };
}

GenerationRoute route(std::uint32_t id, std::uint32_t weight, std::uint16_t port,
                      const Address& backend) {
  return {UnitId{id}, weight, {Backend{port, backend}}};
}

ProxySpec with(const ProxyLimits& limits) {
  ProxySpec settings;
  settings.limits = limits;
  return settings;
}

// --- the proxy -----------------------------------------------------------------------------------

namespace {

// What else the test has open is none of its business: a copy would keep it open.
pid_t start_process(os::Fd link, const Limits& limits) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  constexpr int kLink = 3;
  if (link.get() != kLink) ::dup2(link.get(), kLink);
  [[maybe_unused]] const int kept = link.release();
  ::close_range(kLink + 1, ~0U, 0);
  const auto entered = enter_sandbox();
  if (!entered) fmt::print(stderr, "{}\n", entered.error().message);
  ::_exit(entered ? run(os::Fd(kLink), limits) : 1);
}

}  // namespace

ProxyHarness::ProxyHarness(std::uint16_t workers, const ProxySpec& settings, const Limits& limits) {
  auto ends = os::LinkSocket::pair();
  EXPECT_TRUE(ends);
  link_ = std::make_unique<os::LinkSocket>(std::move(ends->first));
  auto memory = os::create_shared_memory("traffic", sizeof(TrafficStats));
  EXPECT_TRUE(memory);
  stats_ = std::make_unique<os::Mapping>(
      std::move(*os::Mapping::of(*memory, sizeof(TrafficStats), os::Mapping::Access::read_write)));
  if (std::getenv("LIVEFIX_TEST_SANDBOXED")) {
    process_ = start_process(std::move(ends->second), limits);
  } else {
    thread_ = std::thread(
        [limits, end = std::move(ends->second)]() mutable { run(std::move(end), limits); });
  }
  auto records = os::create_shared_memory("records", record_ring_memory(workers));
  EXPECT_TRUE(records);
  records_ = std::make_unique<os::Mapping>(std::move(
      *os::Mapping::of(*records, record_ring_memory(workers), os::Mapping::Access::read_write)));
  record_wake_ = std::move(*os::make_wake_event());
  tell(link::ProxyWelcome{link::kLinkVersion, workers, settings},
       std::array{memory->get(), records->get(), record_wake_.get()});

  workers_ = workers;
  address_ = open({});
}

Address ProxyHarness::open(const Door& door) {
  Address wanted = Address::ipv4(127, 0, 0, 1, 0);
  std::vector<os::Fd> listeners;
  std::vector<int> fds;
  for (int i = 0; i < workers_; ++i) {
    auto listener = os::listen_tcp(wanted, {});
    EXPECT_TRUE(listener) << listener.error().message;
    wanted = *os::local_address(listener->get());
    fds.push_back(listener->get());
    listeners.push_back(std::move(*listener));
  }
  tell(link::OpenPort{wanted, door}, fds);
  return wanted;
}

void ProxyHarness::stop() {
  link_.reset();
  if (thread_.joinable()) thread_.join();
  if (process_ == 0) return;
  int status = 0;
  EXPECT_EQ(::waitpid(std::exchange(process_, 0), &status, 0) > 0 ? status : -1, 0);
}

void ProxyHarness::tell(const link::ToProxy& message, std::span<const int> fds) {
  EXPECT_TRUE(link_->send(codec::encode(message), fds));
}

PlanVersion ProxyHarness::publish(std::vector<GenerationRoute> generations, HoldPolicy hold) {
  ++version_;
  tell(link::ApplyPlan{{PlanVersion{version_}, std::move(generations), hold}});
  return PlanVersion{version_};
}

void ProxyHarness::use(std::vector<GenerationRoute> generations, HoldPolicy hold) {
  await_plan(publish(std::move(generations), hold));
}

void ProxyHarness::use(const ScriptedBackend& backend) {
  use({route(1, 100, port(), backend.address())});
}

void ProxyHarness::use_plan(RoutingPlan plan) {
  const auto version = plan.version;
  tell(link::ApplyPlan{std::move(plan)});
  await_plan(version);
}

void ProxyHarness::await_plan(PlanVersion version) {
  for (;;) {
    const auto message = receive();
    ASSERT_TRUE(message) << "the plan was not applied";
    const auto* applied = std::get_if<link::PlanApplied>(&*message);
    if (applied && applied->version >= version) return;
    if (!applied) kept_.push_back(*message);
  }
}

std::optional<link::FromProxy> ProxyHarness::next(int patience_ms) {
  if (kept_.empty()) return receive(patience_ms);
  const auto message = kept_.front();
  kept_.erase(kept_.begin());
  return message;
}

std::optional<link::FromProxy> ProxyHarness::receive(int patience_ms) {
  pollfd ready{link_->fd(), POLLIN, 0};
  if (::poll(&ready, 1, patience_ms) != 1) return std::nullopt;
  auto outcome = link_->receive();
  auto* packet = std::get_if<os::Packet>(&outcome);
  if (!packet) return std::nullopt;
  return *codec::decode<link::FromProxy>(packet->bytes);
}

latency::Counts ProxyHarness::latencies(std::uint32_t generation) {
  latency::Counts sum{};
  for (const auto& worker : stats().workers) {
    const auto* slot = find_slot(worker, UnitId{generation});
    if (!slot) continue;
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] += worker.latencies[index_of(worker, *slot)][i].load();
    }
  }
  return sum;
}

bool ProxyHarness::eventually(const std::function<bool()>& holds) {
  const auto end = Clock::now() + std::chrono::seconds(kPatienceSeconds);
  while (!holds()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(Milliseconds{1});
  }
  return true;
}

}  // namespace livefix::proxy::testing
