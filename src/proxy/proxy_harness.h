// For tests: a proxy whose keeper is the test, scripted backends, and clients that block with a
// time limit. The proxy is a thread of the test's process; with LIVEFIX_TEST_SANDBOXED in the
// environment it is a process of its own in its sandbox, as in production.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "model/link.h"
#include "model/record_ring.h"
#include "model/traffic_stats.h"
#include "os/fd.h"
#include "os/link_socket.h"
#include "os/shared_memory.h"
#include "proxy/limits.h"

namespace livefix::proxy::testing {

inline constexpr int kPatienceSeconds = 10;

// A blocking connection of a test; every read gives up after kPatienceSeconds.
class Peer {
 public:
  Peer() = default;
  explicit Peer(os::Fd fd);
  static Peer connect(const Address& address);

  bool send(std::string_view bytes);
  // What was read, up to and with `end`; shorter when the connection ends or patience does.
  std::string read_until(std::string_view end);
  std::string read(std::size_t size);
  std::string read_head() { return read_until("\r\n\r\n"); }
  std::string read_all();
  // A head and the body that its Content-Length says.
  std::string read_message();
  // Waits for the end; false when bytes come instead, or nothing.
  bool is_closed();
  bool was_reset() const { return reset_; }

  void shut_down_sending();
  void close() { fd_.reset(); }
  void reset();
  int fd() const { return fd_.get(); }

 private:
  bool fill();
  std::string take(std::size_t size);

  os::Fd fd_;
  std::string buffer_;
  bool ended_ = false;
  bool reset_ = false;
};

// Serves each connection with `script` on a thread of its own, until destroyed.
class ScriptedBackend {
 public:
  using Script = std::function<void(Peer&)>;

  explicit ScriptedBackend(Script script, Address address = Address::ipv4(127, 0, 0, 1, 0));
  ~ScriptedBackend() { stop(); }

  const Address& address() const { return address_; }
  int accepted() const { return accepted_; }
  // Nothing more is accepted; what was accepted goes on.
  void stop();

 private:
  void serve();

  Script script_;
  os::Fd listener_;
  Address address_;
  std::atomic<int> accepted_{0};
  std::vector<std::thread> connections_;
  std::thread thread_;
};

std::string ok(std::string_view body);
std::string get(std::string_view path = "/");
std::string post(std::string_view body);

// The answer, without the interim ones in front of it.
std::string without_interim(std::string text);

// Answers every request with `body`, and stays.
ScriptedBackend::Script always(std::string body);

GenerationRoute route(std::uint32_t id, std::uint32_t weight, std::uint16_t port,
                      const Address& backend);

ProxySpec with(const ProxyLimits& limits);

// The proxy with the test as its keeper. One public port, one worker unless said.
class ProxyHarness {
 public:
  explicit ProxyHarness(std::uint16_t workers = 1, const ProxySpec& settings = {},
                        const Limits& limits = {});
  ~ProxyHarness() { stop(); }

  // One more public port.
  Address open(const Door& door);
  void stop();

  const Address& address() const { return address_; }
  std::uint16_t port() const { return address_.port; }
  Peer connect() const { return Peer::connect(address_); }

  void tell(const link::ToProxy& message, std::span<const int> fds = {});
  // Publishes without waiting; returns the version.
  PlanVersion publish(std::vector<GenerationRoute> generations, HoldPolicy hold = {});
  // Publishes and waits until it is applied; other messages are kept for `next`.
  void use(std::vector<GenerationRoute> generations, HoldPolicy hold = {});
  void use(const ScriptedBackend& backend);
  // Another plan than `publish` makes; not to be mixed with it.
  void use_plan(RoutingPlan plan);
  void await_plan(PlanVersion version);

  // The next message of the proxy, or nothing after a while.
  std::optional<link::FromProxy> next(int patience_ms = kPatienceSeconds * 1000);

  TrafficStats& stats() { return *static_cast<TrafficStats*>(stats_->data()); }
  // Of the first worker.
  RecordRing& record_ring() { return *static_cast<RecordRing*>(records_->data()); }
  // Written to when there are some.
  const os::Fd& record_wake() const { return record_wake_; }
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
  latency::Counts latencies(std::uint32_t generation);
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

  static bool eventually(const std::function<bool()>& holds);

 private:
  std::optional<link::FromProxy> receive(int patience_ms = kPatienceSeconds * 1000);

  std::unique_ptr<os::LinkSocket> link_;
  std::unique_ptr<os::Mapping> stats_;
  std::unique_ptr<os::Mapping> records_;
  os::Fd record_wake_;
  Address address_;
  std::uint64_t version_ = 0;
  int workers_ = 1;
  std::vector<link::FromProxy> kept_;
  std::thread thread_;
  pid_t process_ = 0;
};

}  // namespace livefix::proxy::testing
