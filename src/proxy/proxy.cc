#include "proxy/proxy.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/codec.h"
#include "model/link.h"
#include "model/record_ring.h"
#include "os/event_loop.h"
#include "os/link_socket.h"
#include "os/shared_memory.h"
#include "proxy/client_census.h"
#include "proxy/counters.h"
#include "proxy/drain_tracker.h"
#include "proxy/log_writer.h"
#include "proxy/worker.h"

namespace livefix::proxy {
namespace {

void prepare_process() {
  // SIGXFSZ: a log may grow to a limit of livefix's environment; then a write fails, no more.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_IGN);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

// The main thread: the link on one side, the workers' mailboxes on the other.
class Proxy {
 public:
  Proxy(os::EventLoop loop, os::Fd link, os::Fd wake, const Limits& limits)
      : loop_(std::move(loop)),
        link_(std::move(link)),
        reports_(std::move(wake)),
        limits_(limits),
        link_watch_(loop_, link_.fd(), EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                    [this](std::uint32_t events) { on_link(events); }),
        report_watch_(loop_, reports_.fd(), EPOLLIN, [this](std::uint32_t) { on_reports(); }) {}

  // What ends in one worker is offered to none that has gone.
  ~Proxy() {
    for (const auto& [service, limit] : in_flight_) limit->close();
  }

  int run() {
    loop_.run();
    return exit_status_;
  }

 private:
  void on_link(std::uint32_t events) {
    if ((events & EPOLLOUT) && !link_.flush()) return loop_.stop();
    for (;;) {
      auto outcome = link_.receive();
      if (std::holds_alternative<os::NothingYet>(outcome)) return;
      auto* packet = std::get_if<os::Packet>(&outcome);
      if (!packet) return loop_.stop();
      auto message = codec::decode<link::ToProxy>(packet->bytes);
      if (!message) return give_up(message.error());
      const Status obeyed = std::visit([&](auto& one) { return obey(one, packet->fds); }, *message);
      if (!obeyed) return give_up(obeyed.error());
    }
  }

  Status obey(const link::ProxyWelcome& welcome, std::vector<os::Fd>& fds) {
    if (stats_ || fds.size() != 3) return fail("the keeper's welcome is not as expected");
    const std::size_t count = std::clamp<std::size_t>(welcome.workers, 1, kMaxWorkers);
    auto mapping =
        os::Mapping::of(fds.front(), traffic_memory(count), os::Mapping::Access::read_write);
    if (!mapping) return std::unexpected(mapping.error());
    stats_ = std::make_unique<os::Mapping>(std::move(*mapping));
    const std::span counters(static_cast<WorkerCounters*>(stats_->data()), count);
    settle_gauges(counters);
    // Where the keeper had no room for them nothing is recorded.
    if (auto records =
            os::Mapping::of(fds[1], record_ring_memory(count), os::Mapping::Access::read_write)) {
      records_ = std::make_unique<os::Mapping>(std::move(*records));
    }
    record_wake_ = std::move(fds[2]);
    auto* const rings = records_ ? static_cast<RecordRing*>(records_->data()) : nullptr;
    const auto& most = welcome.settings.limits;
    if (most.connections > 0 || most.connections_per_client > 0) {
      census_ = std::make_unique<ClientCensus>(most.connections, most.connections_per_client);
    }
    if (const auto& spec = welcome.settings.access_log) {
      auto writer = LogWriter::start(count, spec->format, [this](const LogReport& report) {
        std::visit([this](const auto& one) { reports_.post(one); }, report);
      });
      if (!writer) return std::unexpected(writer.error());
      log_ = std::move(*writer);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const WorkerShares shares{held_totals_, census_.get(), log_ ? &log_->ring(i) : nullptr,
                                rings ? &rings[i] : nullptr, record_wake_.get()};
      auto worker = Worker::start(i, counters[i], shares, welcome.settings, limits_, reports_);
      if (!worker) return std::unexpected(worker.error());
      workers_.push_back(std::move(*worker));
    }
    return {};
  }

  Status obey(const link::OpenPort& order, std::vector<os::Fd>& fds) {
    if (fds.size() != workers_.size()) {
      return fail("{} listening sockets for {} workers", fds.size(), workers_.size());
    }
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      workers_[i]->post(ListenOn{order.address, order.door, order.is_own, std::move(fds[i])});
    }
    return {};
  }

  Status obey(const link::ForgetPort& order, std::vector<os::Fd>&) {
    for (const auto& worker : workers_) worker->post(StopListening{order.address});
    return {};
  }

  // A certificate that cannot be used is the user's to mend: what was shown before is shown on.
  Status obey(const link::UseTls& order, std::vector<os::Fd>& fds) {
    if (fds.size() != 1) return fail("the certificates are missing");
    auto contexts = read_certificates(fds.front());
    if (!contexts) {
      tell(link::TlsRefused{order.number, contexts.error().message});
      return {};
    }
    for (const auto& worker : workers_) worker->post(UseCertificates{*contexts});
    tell(link::TlsInUse{order.number});
    return {};
  }

  Result<std::shared_ptr<const TlsContexts>> read_certificates(const os::Fd& memory) {
    const auto bytes = os::read_memory(memory);
    if (!bytes) return std::unexpected(bytes.error());
    const auto identities = codec::decode<TlsIdentities>(*bytes);
    if (!identities) return std::unexpected(identities.error());
    if (!ticket_key_) {
      auto key = make_ticket_key();
      if (!key) return std::unexpected(key.error());
      ticket_key_ = *key;
    }
    return TlsContexts::make(*identities, *ticket_key_);
  }

  Status obey(const link::UseLog&, std::vector<os::Fd>& fds) {
    if (!log_ || fds.size() != 1) return fail("the file of the access log is not as expected");
    log_->use(std::move(fds.front()));
    return {};
  }

  Status obey(link::ApplyPlan& order, std::vector<os::Fd>&) {
    const auto plan = std::make_shared<const RoutingPlan>(std::move(order.plan));
    tracker_of(plan->service).publish(*plan);
    const auto limit = limit_of(*plan);
    for (const auto& worker : workers_) worker->post(UsePlan{plan, limit});
    return {};
  }

  // One for all plans of a service, so that it counts what the generations have already; also for
  // those that have no limit any more, since some may wait.
  std::shared_ptr<InFlightLimit> limit_of(const RoutingPlan& plan) {
    if (plan.traffic.limits.in_flight == 0 && !in_flight_.contains(plan.service)) return nullptr;
    auto& limit = in_flight_[plan.service];
    if (!limit) {
      limit = std::make_shared<InFlightLimit>(
          workers_.size(), [this, service = plan.service](std::size_t worker, const auto& offer) {
            workers_[worker]->post(TakePlace{service, offer});
          });
    }
    limit->apply(plan);
    return limit;
  }

  Status obey(const link::DrainProxy& order, std::vector<os::Fd>&) {
    for (const auto& worker : workers_) worker->post(DrainWorker{order.ends});
    return {};
  }

  void on_reports() {
    for (const WorkerReport& report : reports_.take()) {
      const auto messages = std::visit([this](const auto& one) { return add(one); }, report);
      for (const auto& message : messages) tell(message);
    }
  }

  std::vector<link::FromProxy> add(const PlanInUse& report) {
    return tracker_of(report.service).on_applied(report.worker, report.version);
  }
  std::vector<link::FromProxy> add(const GenerationQuiet& report) {
    return tracker_of(report.service).on_quiet(report.worker, report.generation, report.version);
  }
  std::vector<link::FromProxy> add(const WorkerDrained& report) {
    drained_workers_.insert(report.worker);
    if (drained_workers_.size() < workers_.size()) return {};
    if (!log_) return {link::ProxyDrained{}};
    log_->flush();  // nobody reads it any more when livefix has ended
    return {};
  }
  std::vector<link::FromProxy> add(const LogFlushed&) { return {link::ProxyDrained{}}; }
  std::vector<link::FromProxy> add(const LogTrouble& report) {
    return {link::LogTrouble{report.reason, report.needs_file, report.dropped}};
  }

  DrainTracker& tracker_of(const std::string& service) {
    return trackers_.try_emplace(service, service, workers_.size()).first->second;
  }

  void tell(const link::FromProxy& message) {
    if (!link_.send(codec::encode(message))) loop_.stop();
  }

  void give_up(const Error& error) {
    fmt::print(stderr, "livefix: proxy: {}\n", error.message);
    exit_status_ = 1;
    loop_.stop();
  }

  os::EventLoop loop_;
  os::LinkSocket link_;
  Mailbox<WorkerReport> reports_;
  const Limits limits_;
  std::unique_ptr<os::Mapping> stats_;
  std::unique_ptr<os::Mapping> records_;  // null: nothing is recorded
  os::Fd record_wake_;
  HeldTotals held_totals_{};
  std::unique_ptr<ClientCensus> census_;  // null where clients are not counted
  // Both by service.
  std::map<std::string, DrainTracker> trackers_;
  std::map<std::string, std::shared_ptr<InFlightLimit>> in_flight_;
  std::set<std::size_t> drained_workers_;
  std::optional<TicketKey> ticket_key_;
  int exit_status_ = 0;
  std::unique_ptr<LogWriter> log_;
  std::vector<std::unique_ptr<Worker>> workers_;  // they use what is above
  os::Watch link_watch_;
  os::Watch report_watch_;
};

}  // namespace

int run(os::Fd link, const Limits& limits) {
  prepare_process();
  auto loop = os::EventLoop::create();
  auto wake = Mailbox<WorkerReport>::make_wake();
  if (!loop || !wake) {
    fmt::print(stderr, "livefix: proxy: {}\n", (loop ? wake.error() : loop.error()).message);
    return 1;
  }
  return Proxy(std::move(*loop), std::move(link), std::move(*wake), limits).run();
}

}  // namespace livefix::proxy
