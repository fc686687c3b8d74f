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
#include "os/event_loop.h"
#include "os/link_socket.h"
#include "os/shared_memory.h"
#include "proxy/counters.h"
#include "proxy/drain_tracker.h"
#include "proxy/worker.h"

namespace livefix::proxy {
namespace {

void prepare_process() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) ::signal(signal, SIG_IGN);
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
    if (stats_ || fds.size() != 1) return fail("the keeper's welcome is not as expected");
    auto mapping =
        os::Mapping::of(fds.front(), sizeof(TrafficStats), os::Mapping::Access::read_write);
    if (!mapping) return std::unexpected(mapping.error());
    stats_ = std::make_unique<os::Mapping>(std::move(*mapping));
    auto& stats = *static_cast<TrafficStats*>(stats_->data());
    settle_gauges(stats);
    const std::size_t count = std::clamp<std::size_t>(welcome.workers, 1, kMaxWorkers);
    for (std::size_t i = 0; i < count; ++i) {
      auto worker =
          Worker::start(i, stats.workers[i], held_totals_, welcome.settings, limits_, reports_);
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

  Status obey(link::ApplyPlan& order, std::vector<os::Fd>&) {
    const auto plan = std::make_shared<const RoutingPlan>(std::move(order.plan));
    tracker_of(plan->service).publish(*plan);
    for (const auto& worker : workers_) worker->post(UsePlan{plan});
    return {};
  }

  Status obey(const link::DrainProxy&, std::vector<os::Fd>&) {
    for (const auto& worker : workers_) worker->post(DrainWorker{});
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
    return {link::ProxyDrained{}};
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
  HeldTotals held_totals_{};
  std::map<std::string, DrainTracker> trackers_;  // by service
  std::set<std::size_t> drained_workers_;
  std::optional<TicketKey> ticket_key_;
  int exit_status_ = 0;
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
