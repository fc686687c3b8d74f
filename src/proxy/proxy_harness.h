// For tests: a proxy whose keeper is the test, scripted backends, and clients that block with a
// time limit. The proxy is a thread of the test's process; with LIVEFIX_TEST_SANDBOXED in the
// environment it is a process of its own in its sandbox, as in production.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "model/codec.h"
#include "model/link.h"
#include "model/traffic_stats.h"
#include "os/link_socket.h"
#include "os/shared_memory.h"
#include "os/socket_address.h"
#include "os/tcp_listener.h"
#include "proxy/proxy.h"
#include "proxy/sandbox.h"

namespace livefix::proxy::testing {

inline constexpr int kPatienceSeconds = 10;

// A blocking connection of a test; every read gives up after kPatienceSeconds.
class Peer {
 public:
  Peer() = default;
  explicit Peer(os::Fd fd) : fd_(std::move(fd)) {
    const timeval limit{.tv_sec = kPatienceSeconds, .tv_usec = 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  }
  static Peer connect(const Address& address) {
    Peer peer(os::Fd(::socket(os::domain_of(address), SOCK_STREAM | SOCK_CLOEXEC, 0)));
    const auto raw = os::to_socket_address(address);
    EXPECT_EQ(::connect(peer.fd_.get(), raw.data(), raw.size), 0) << strerror(errno);
    return peer;
  }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // What was read, up to and with `end`; shorter when the connection ends or patience does.
  std::string read_until(std::string_view end) {
    while (buffer_.find(end) == std::string::npos && fill()) {
    }
    const std::size_t found = buffer_.find(end);
    return take(found == std::string::npos ? buffer_.size() : found + end.size());
  }
  std::string read(std::size_t size) {
    while (buffer_.size() < size && fill()) {
    }
    return take(std::min(size, buffer_.size()));
  }
  std::string read_head() { return read_until("\r\n\r\n"); }
  std::string read_all() {
    while (fill()) {
    }
    return take(buffer_.size());
  }
  // A head and the body that its Content-Length says.
  std::string read_message() {
    std::string message = read_head();
    const std::size_t at = message.find("Content-Length: ");
    if (at != std::string::npos) message += read(std::stoul(message.substr(at + 16)));
    return message;
  }
  // Waits for the end; false when bytes come instead, or nothing.
  bool is_closed() {
    if (!buffer_.empty()) return false;
    fill();
    return buffer_.empty() && ended_;
  }
  bool was_reset() const { return reset_; }

  void shut_down_sending() { ::shutdown(fd_.get(), SHUT_WR); }
  void close() { fd_.reset(); }
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    fd_.reset();
  }
  int fd() const { return fd_.get(); }

 private:
  bool fill() {
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
  std::string take(std::size_t size) {
    std::string taken = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return taken;
  }

  os::Fd fd_;
  std::string buffer_;
  bool ended_ = false;
  bool reset_ = false;
};

// Serves each connection with `script` on a thread of its own, until destroyed.
class ScriptedBackend {
 public:
  using Script = std::function<void(Peer&)>;

  explicit ScriptedBackend(Script script, Address address = Address::ipv4(127, 0, 0, 1, 0))
      : script_(std::move(script)) {
    auto listener = os::listen_tcp(address, {.share_port = false, .non_blocking = false});
    EXPECT_TRUE(listener) << listener.error().message;
    listener_ = std::move(*listener);
    address_ = *os::local_address(listener_.get());
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedBackend() { stop(); }

  const Address& address() const { return address_; }
  int accepted() const { return accepted_; }
  // Nothing more is accepted; what was accepted goes on.
  void stop() {
    if (!thread_.joinable()) return;
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    listener_.reset();
    for (auto& thread : connections_) thread.join();
  }

 private:
  void serve() {
    for (;;) {
      os::Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) return;
      ++accepted_;
      connections_.emplace_back([this, peer = Peer(std::move(fd))]() mutable { script_(peer); });
    }
  }

  Script script_;
  os::Fd listener_;
  Address address_;
  std::atomic<int> accepted_{0};
  std::vector<std::thread> connections_;
  std::thread thread_;
};

inline std::string ok(std::string_view body) {
  return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", body.size(), body);
}
inline std::string get(std::string_view path = "/") {
  return fmt::format("GET {} HTTP/1.1\r\nHost: shop\r\n\r\n", path);
}
inline std::string post(std::string_view body) {
  return fmt::format("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: {}\r\n\r\n{}", body.size(),
                     body);
}

// The answer, without the interim ones in front of it.
inline std::string without_interim(std::string text) {
  while (text.starts_with("HTTP/1.1 1")) {
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string::npos) break;
    text.erase(0, end + 4);
  }
  return text;
}

// Answers every request with `body`, and stays.
inline ScriptedBackend::Script always(std::string body) {
  return [body](Peer& peer) {
    while (!peer.read_message().empty()) {
      if (!peer.send(ok(body))) return;
    }
  };
}

inline GenerationRoute route(std::uint32_t id, std::uint32_t weight, std::uint16_t port,
                             const Address& backend) {
  return {UnitId{id}, weight, {Backend{port, backend}}};
}

inline ProxySpec with(const ProxyLimits& limits) {
  ProxySpec settings;
  settings.limits = limits;
  return settings;
}

// The proxy with the test as its keeper. One public port, one worker unless said.
class ProxyHarness {
 public:
  explicit ProxyHarness(std::uint16_t workers = 1, ProxySpec settings = {}, Limits limits = {}) {
    auto ends = os::LinkSocket::pair();
    EXPECT_TRUE(ends);
    link_ = std::make_unique<os::LinkSocket>(std::move(ends->first));
    auto memory = os::create_shared_memory("traffic", sizeof(TrafficStats));
    EXPECT_TRUE(memory);
    stats_ = std::make_unique<os::Mapping>(std::move(
        *os::Mapping::of(*memory, sizeof(TrafficStats), os::Mapping::Access::read_write)));
    if (std::getenv("LIVEFIX_TEST_SANDBOXED")) {
      process_ = start_process(std::move(ends->second), limits);
    } else {
      thread_ = std::thread(
          [limits, end = std::move(ends->second)]() mutable { run(std::move(end), limits); });
    }
    const int memory_fd = memory->get();
    tell(link::ProxyWelcome{link::kLinkVersion, workers, settings}, {&memory_fd, 1});

    workers_ = workers;
    address_ = open({});
  }
  ~ProxyHarness() { stop(); }

  // One more public port.
  Address open(const Door& door) {
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

  void stop() {
    link_.reset();
    if (thread_.joinable()) thread_.join();
    if (process_ == 0) return;
    int status = 0;
    EXPECT_EQ(::waitpid(std::exchange(process_, 0), &status, 0) > 0 ? status : -1, 0);
  }

  const Address& address() const { return address_; }
  std::uint16_t port() const { return address_.port; }
  Peer connect() const { return Peer::connect(address_); }

  void tell(const link::ToProxy& message, std::span<const int> fds = {}) {
    EXPECT_TRUE(link_->send(codec::encode(message), fds));
  }
  // Publishes without waiting; returns the version.
  PlanVersion publish(std::vector<GenerationRoute> generations, HoldPolicy hold = {}) {
    ++version_;
    tell(link::ApplyPlan{{PlanVersion{version_}, std::move(generations), hold}});
    return PlanVersion{version_};
  }
  // Publishes and waits until it is applied; other messages are kept for `next`.
  void use(std::vector<GenerationRoute> generations, HoldPolicy hold = {}) {
    await_plan(publish(std::move(generations), hold));
  }
  void use(const ScriptedBackend& backend) { use({route(1, 100, port(), backend.address())}); }
  // Another plan than `publish` makes; not to be mixed with it.
  void use_plan(RoutingPlan plan) {
    const auto version = plan.version;
    tell(link::ApplyPlan{std::move(plan)});
    await_plan(version);
  }
  void await_plan(PlanVersion version) {
    for (;;) {
      const auto message = receive();
      ASSERT_TRUE(message) << "the plan was not applied";
      const auto* applied = std::get_if<link::PlanApplied>(&*message);
      if (applied && applied->version >= version) return;
      if (!applied) kept_.push_back(*message);
    }
  }

  // The next message of the proxy, or nothing after a while.
  std::optional<link::FromProxy> next(int patience_ms = kPatienceSeconds * 1000) {
    if (!kept_.empty()) {
      const auto message = kept_.front();
      kept_.erase(kept_.begin());
      return message;
    }
    return receive(patience_ms);
  }

  TrafficStats& stats() { return *static_cast<TrafficStats*>(stats_->data()); }
  // A count of one generation, over all workers.
  template <class Member>
  std::uint64_t count(std::uint32_t generation, Member member) {
    std::uint64_t sum = 0;
    for (auto& worker : stats().workers) {
      const auto* slot = find_slot(worker, UnitId{generation});
      if (slot) sum += (slot->*member).load();
    }
    return sum;
  }
  // Over all workers, and over all services.
  template <class Number>
  std::uint64_t sum(std::atomic<Number> WorkerCounters::* member) {
    std::uint64_t total = 0;
    for (auto& worker : stats().workers) total += (worker.*member).load();
    return total;
  }
  template <class Number>
  std::uint64_t sum(std::atomic<Number> ServiceCounters::* member) {
    std::uint64_t total = 0;
    for (auto& worker : stats().workers) {
      for (auto& service : worker.services) total += (service.*member).load();
    }
    return total;
  }

  static bool eventually(const std::function<bool()>& holds) {
    const auto end = Clock::now() + std::chrono::seconds(kPatienceSeconds);
    while (!holds()) {
      if (Clock::now() > end) return false;
      std::this_thread::sleep_for(Milliseconds{1});
    }
    return true;
  }

 private:
  // What else the test has open is none of its business: a copy would keep it open.
  static pid_t start_process(os::Fd link, const Limits& limits) {
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

  std::optional<link::FromProxy> receive(int patience_ms = kPatienceSeconds * 1000) {
    pollfd ready{link_->fd(), POLLIN, 0};
    if (::poll(&ready, 1, patience_ms) != 1) return std::nullopt;
    auto outcome = link_->receive();
    auto* packet = std::get_if<os::Packet>(&outcome);
    if (!packet) return std::nullopt;
    return *codec::decode<link::FromProxy>(packet->bytes);
  }

  std::unique_ptr<os::LinkSocket> link_;
  std::unique_ptr<os::Mapping> stats_;
  Address address_;
  std::uint64_t version_ = 0;
  int workers_ = 1;
  std::vector<link::FromProxy> kept_;
  std::thread thread_;
  pid_t process_ = 0;
};

}  // namespace livefix::proxy::testing
