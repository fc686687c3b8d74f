// A thread of the data plane: its own loop, listeners, connections and pools. Other threads reach
// it through its mailbox, and hear from it through theirs.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <variant>
#include <vector>

#include "model/routing_plan.h"
#include "model/traffic_stats.h"
#include "proxy/listener.h"
#include "proxy/mailbox.h"
#include "proxy/tls_contexts.h"
#include "proxy/worker_context.h"

namespace livefix::proxy {

// --- orders to a worker --------------------------------------------------------------------------

struct ListenOn {
  Address address;
  Door door;
  bool is_own = false;
  os::Fd socket;
};
struct StopListening {
  Address address;
};
struct UsePlan {
  std::shared_ptr<const RoutingPlan> plan;
};
struct UseCertificates {
  std::shared_ptr<const TlsContexts> contexts;
};
struct DrainWorker {};
struct StopWorker {};
using WorkerOrder =
    std::variant<ListenOn, StopListening, UsePlan, UseCertificates, DrainWorker, StopWorker>;

// --- what a worker reports -----------------------------------------------------------------------

struct PlanInUse {
  std::size_t worker = 0;
  std::string service;
  PlanVersion version{};
};
// The worker has nothing of the generation, which has weight 0 in this version, nor will have.
struct GenerationQuiet {
  std::size_t worker = 0;
  std::string service;
  UnitId generation{};
  PlanVersion version{};
};
struct WorkerDrained {
  std::size_t worker = 0;
};
using WorkerReport = std::variant<PlanInUse, GenerationQuiet, WorkerDrained>;

class Worker {
 public:
  // `counters`, `held_totals` and `reports` must outlive the worker.
  static Result<std::unique_ptr<Worker>> start(std::size_t index, WorkerCounters& counters,
                                               HeldTotals& held_totals, const ProxySpec& settings,
                                               const Limits& limits,
                                               Mailbox<WorkerReport>& reports);
  // Stops the thread and closes every connection as it is.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void post(WorkerOrder order) { orders_.post(std::move(order)); }

 private:
  Worker(std::size_t index, os::EventLoop loop, os::Fd wake, WorkerCounters& counters,
         HeldTotals& held_totals, const ProxySpec& settings, const Limits& limits,
         const http::RequestIdSource::Seed& id_seed, Mailbox<WorkerReport>& reports);

  // On the worker's thread.
  void run();
  std::optional<Milliseconds> until_next_deadline();
  void expire_deadlines();
  void settle();
  void obey(ListenOn& order);
  void obey(StopListening& order);
  void obey(UsePlan& order);
  void obey(UseCertificates& order);
  void obey(DrainWorker& order);
  void obey(StopWorker& order);
  void close_everything();

  // Constant.
  const std::size_t index_;
  Mailbox<WorkerReport>& reports_;
  // Shared with the thread that gives orders.
  Mailbox<WorkerOrder> orders_;
  // The worker's thread only.
  WorkerContext context_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  bool stopped_ = false;
  bool drain_reported_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace livefix::proxy
