// What one worker has to do with one generation: its addresses, its connections, its counts.
// Owned by its service; connections and exchanges point into it, so a generation that is cut
// loses them all before it goes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/ids.h"
#include "model/routing_plan.h"
#include "proxy/backend_pool.h"
#include "proxy/counters.h"
#include "proxy/farewell.h"
#include "proxy/graveyard.h"
#include "proxy/in_flight_limit.h"

namespace livefix::proxy {

class GenerationTraffic;
class Http2Backend;
struct Http2BackendTag;

// Where a generation takes what arrives at one public port.
class BackendPort {
 public:
  BackendPort(GenerationTraffic& generation, const Backend& backend)
      : generation_(generation), backend_(backend) {}

  GenerationTraffic& generation() const { return generation_; }
  std::uint16_t public_port() const { return backend_.public_port; }
  const Address& address() const { return backend_.address; }
  BackendPool& pool() { return pool_; }
  // Those that connect or carry.
  IntrusiveList<BackendConnection, BackendsTag>& connections() { return connections_; }
  IntrusiveList<Http2Backend, Http2BackendTag>& http2() { return http2_; }
  // What is idle goes, and nothing new comes on what is not.
  void retire();
  // What carries nothing, or nothing any more.
  void close_idle();
  void drop(BackendConnection& connection) { connection.close(); }

  // Connections are refused: one exchange at a time tries, the others wait for it.
  bool refusing = false;
  bool probing = false;

 private:
  GenerationTraffic& generation_;
  Backend backend_;
  BackendPool pool_;
  IntrusiveList<BackendConnection, BackendsTag> connections_;
  IntrusiveList<Http2Backend, Http2BackendTag> http2_;
};

class GenerationTraffic final : public Mortal {
 public:
  GenerationTraffic(UnitId id, WorkerCounters& worker, std::size_t service)
      : id_(id),
        service_counters_(counters_of(worker, service)),
        counters_(claim_slot(worker, id, service)),
        latencies_(latencies_of(worker, counters_)) {}

  UnitId id() const { return id_; }
  const std::string& label() const { return label_; }
  std::uint32_t weight() const { return weight_; }
  bool is_candidate() const { return is_candidate_; }
  // When it is cut, of one that drains.
  std::optional<TimePoint> ends() const { return ends_; }
  Farewell& farewell() { return farewell_; }
  // Requests and tunnels that it has.
  std::uint32_t in_flight() const { return in_flight_; }
  // nullptr when it does not serve that port. 0 is the proxy's own door, see model/routing_plan.h.
  BackendPort* port(std::uint16_t public_port);
  // Also those whose address a later plan has replaced.
  void for_each_port(const std::function<void(BackendPort&)>& visit);

  // `limit` is null where there is none.
  void apply(const GenerationRoute& route, std::shared_ptr<InFlightLimit> limit);

  // One of those that it may have in flight; to be freed by whoever has taken it.
  bool has_room() const { return !limit_ || limit_->has_room(id_); }
  bool take_place() { return !limit_ || limit_->enter(id_); }
  void free_place() {
    if (limit_) limit_->leave(id_);
  }

  void begin();
  void end();
  // One of those in flight has become a tunnel, or was one when it ended.
  void begin_tunnel(Exchange& exchange, bool is_websocket);
  void end_tunnel(Exchange& exchange);
  void lose();
  void count(std::atomic<std::uint64_t> GenerationCounters::* total);
  // The head of an answer is there, so long after the request.
  void count_latency(Clock::duration latency);

  // The last version of the plan for which it was reported to have nothing in flight.
  PlanVersion reported_quiet{};

 private:
  void retire(BackendPort& port);
  void show(std::atomic<std::uint32_t> GenerationCounters::* gauge, std::uint32_t value);
  // False once a later generation has taken the slot over.
  bool has_slot() const {
    return counters_.generation.load(std::memory_order_relaxed) == number(id_);
  }

  const UnitId id_;
  ServiceCounters& service_counters_;
  GenerationCounters& counters_;
  LatencyCounters& latencies_;
  std::string label_;
  std::shared_ptr<InFlightLimit> limit_;
  std::uint32_t weight_ = 0;
  bool is_candidate_ = false;
  std::optional<TimePoint> ends_;
  std::uint32_t in_flight_ = 0;
  std::uint32_t tunnels_ = 0;
  std::vector<std::unique_ptr<BackendPort>> ports_;
  std::vector<std::unique_ptr<BackendPort>> retired_ports_;
  Farewell farewell_;
};

}  // namespace livefix::proxy
