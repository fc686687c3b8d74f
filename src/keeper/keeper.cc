#include "keeper/keeper.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <thread>

#include "keeper/environment_ports.h"
#include "keeper/loopback_block.h"
#include "keeper/port_takeover.h"
#include "keeper/public_ports.h"
#include "keeper/role_process.h"
#include "keeper/run_directory.h"
#include "keeper/takeover_probe.h"
#include "keeper/units.h"
#include "model/codec.h"
#include "model/link.h"
#include "model/record_ring.h"
#include "model/traffic_stats.h"
#include "os/event_loop.h"
#include "os/link_socket.h"
#include "os/shared_memory.h"
#include "os/signal_queue.h"
#include "os/wake_event.h"

namespace livefix::keeper {
namespace {

constexpr Milliseconds kRolesEnd{2000};    // from the closed link to SIGKILL
constexpr Milliseconds kStopMargin{5000};  // for control, beyond drain and grace, before we act
constexpr Milliseconds kOneWish{150};      // between two signals that mean the same
constexpr Milliseconds kUnread{1000};      // how long a killed control may leave a message unread
constexpr int kTooManyDeaths = 5;          // of a role, before the user hears of each

void say(const std::string& sentence) {
  fmt::print(stderr, "livefix: {}\n", sentence);
}

std::string how_it_ended(int wait_status) {
  return WIFSIGNALED(wait_status)
             ? fmt::format("killed by SIG{}", sigabbrev_np(WTERMSIG(wait_status)))
             : fmt::format("exit {}", WEXITSTATUS(wait_status));
}

Milliseconds longest_grace(const RunSpec& run) {
  Milliseconds longest{};
  for (const ServiceSpec& service : run.services) {
    longest = std::max(longest, service.timing.stop_grace);
  }
  return longest;
}

std::uint16_t worker_count(const RunSpec& run) {
  constexpr unsigned kUsual = 4;  // beyond that the program, not the proxy, is the bottleneck
  const unsigned wanted =
      run.workers != 0 ? run.workers : std::clamp(std::thread::hardware_concurrency(), 1U, kUsual);
  return static_cast<std::uint16_t>(std::min<unsigned>(wanted, kMaxWorkers));
}

// Without room for records livefix serves as well: proxy and control do without what they cannot
// map.
Result<os::Fd> lay_records(const char* name, std::size_t size) {
  auto memory = os::create_shared_memory(name, size);
  if (memory) return memory;
  say("requests are not recorded: " + memory.error().message);
  return os::create_shared_memory(name, 0);
}

// What the keeper needs before it can start anything; each part fails in a sentence.
struct Foundation {
  RunDirectory directory;
  os::EventLoop loop;
  os::SignalQueue signals;
  os::Fd statistics;
  os::Fd commands;
  os::Fd record_rings;
  os::Fd record_wake;
  os::Fd kept_records;  // what control has taken from the rings

  static Result<Foundation> lay(const RunSpec& run) {
    auto directory = RunDirectory::acquire(run.run_directory, run.name, longest_grace(run));
    if (!directory) return std::unexpected(directory.error());
    auto loop = os::EventLoop::create();
    auto signals = os::SignalQueue::open(
        {SIGCHLD, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH});
    auto statistics =
        os::create_shared_memory("livefix-traffic", traffic_memory(worker_count(run)));
    auto commands = directory->listen_for_commands();
    auto rings = lay_records("livefix-record-rings", record_ring_memory(worker_count(run)));
    auto wake = os::make_wake_event();
    auto kept = lay_records("livefix-records", record_memory(run));
    for (const Error* error :
         {loop ? nullptr : &loop.error(), signals ? nullptr : &signals.error(),
          statistics ? nullptr : &statistics.error(), commands ? nullptr : &commands.error(),
          rings ? nullptr : &rings.error(), wake ? nullptr : &wake.error(),
          kept ? nullptr : &kept.error()}) {
      if (!error) continue;
      directory->remove();
      return std::unexpected(*error);
    }
    return Foundation{std::move(*directory),  std::move(*loop),     std::move(*signals),
                      std::move(*statistics), std::move(*commands), std::move(*rings),
                      std::move(*wake),       std::move(*kept)};
  }
};

// How programs are put on their ports: with a block of addresses, or why not.
struct TakeoverChoice {
  std::optional<LoopbackBlock> block;
  std::string reason;

  std::optional<PublicPorts::Net> net() const {
    if (!block) return std::nullopt;
    return PublicPorts::Net{block->net(), LoopbackBlock::kPrefix};
  }

  // The probe forks: make the choice before anything else runs.
  static TakeoverChoice make() {
    auto block = LoopbackBlock::lock();
    const Status probed = block ? probe_takeover() : std::unexpected(block.error());
    if (!probed) return {std::nullopt, probed.error().message};
    return {std::move(*block), {}};
  }
};

// What SIGHUP means: an end, as for any command whose terminal goes away; in a container, where
// this is PID 1, a message for the program (read your configuration again); nothing under nohup(1).
enum class HangUp { stop, forward, ignore };

HangUp meaning_of_hang_up() {
  struct sigaction action{};
  sigaction(SIGHUP, nullptr, &action);
  if (action.sa_handler == SIG_IGN) return HangUp::ignore;
  return getpid() == 1 ? HangUp::forward : HangUp::stop;
}

// How the proxy ended, and when control was told.
struct ProxyEnd {
  int wait_status = 0;
  TimePoint told;
};

// Memory with certificates, which the keeper does not read, by the number it gave them; 0: none.
struct Certificates {
  std::uint32_t number = 0;
  os::Fd memory;
};

// The order of the end: control says Finish (or the deadline passes) -> units are killed ->
// the links of the roles close -> the last child is reaped -> the loop stops -> files go.
class Keeper {
 public:
  Keeper(RunSpec spec, Foundation foundation, TakeoverChoice takeover);
  int run();

 private:
  Units::Events unit_events();
  PortTakeover::Events port_events();

  void welcome_control();
  link::ServiceSnapshot snapshot_of(std::size_t index, std::vector<int>& fds) const;
  void welcome_proxy();
  void on_control_message(const os::Packet& packet);
  void on_proxy_message(const os::Packet& packet);
  void on_role_died(RoleProcess& role, const char* name, int wait_status, int& deaths);
  void on_signal(int number);
  void reap();
  void tell_of_proxy();
  void tell_of_proxy_again();

  void obey(const link::StartUnit& order);
  void obey(const link::StopUnit& order) { units_.stop(order.unit, order.grace); }
  void obey(const link::ClosePort& order);
  void obey(const link::PublishPlan& order);
  void obey(const link::PublishTls&) {}  // see publish_tls
  void publish_tls(const std::vector<os::Fd>& fds);
  void obey(const link::PublishLog&) {}  // see publish_log
  void publish_log(const std::vector<os::Fd>& fds);
  void note(const link::TlsInUse& report);
  void note(const link::TlsRefused& report) {
    if (report.number == offered_tls_.number) offered_tls_ = {};
  }
  void note(const auto&) {}  // what else the proxy says is for control
  Status open_own_ports();
  void obey(const link::DrainProxy& order) { tell_proxy(order); }
  void obey(const link::Finish& order) { finish(order.exit_status); }

  void tell_control(const link::ToControl& message, std::span<const int> fds = {});
  void tell_proxy(const link::ToProxy& message, std::span<const int> fds = {});
  void open_in_proxy(const PublicPorts::Port& port);

  void request_stop(int number);
  void finish(int exit_status);
  void stop_when_alone();

  const RunSpec spec_;
  Foundation base_;
  const HangUp hang_up_;
  const link::Takeover takeover_;
  const std::string takeover_reason_;
  PublicPorts ports_;
  std::optional<PortTakeover> port_takeover_;
  EnvironmentPorts environment_ports_;
  Units units_;
  RoleProcess control_;
  RoleProcess proxy_;
  std::vector<RoutingPlan> plans_;  // of each service the last one
  std::uint32_t last_tls_ = 0;
  Certificates tls_;          // what the proxy shows to clients
  Certificates offered_tls_;  // what it was told to show, and has not answered
  os::Fd access_log_;         // where the proxy writes it
  int control_deaths_ = 0;
  int proxy_deaths_ = 0;
  std::optional<ProxyEnd> proxy_end_;  // the last one
  int stop_requests_ = 0;
  TimePoint last_stop_request_;
  bool finishing_ = false;
  int exit_status_ = 0;
  os::Timer stop_deadline_;
};

std::vector<RoutingPlan> first_plans(const RunSpec& run) {
  std::vector<RoutingPlan> plans;
  for (const ServiceSpec& service : run.services) {
    plans.push_back(first_plan(service, plans.size()));
  }
  return plans;
}

// Until the last one has ended by itself.
Milliseconds longest_stop(const RunSpec& run) {
  Milliseconds longest{};
  for (const ServiceSpec& service : run.services) {
    longest = std::max(longest, service.timing.drain + service.timing.stop_grace);
  }
  return longest;
}

Keeper::Keeper(RunSpec spec, Foundation foundation, TakeoverChoice takeover)
    : spec_(std::move(spec)),
      base_(std::move(foundation)),
      hang_up_(meaning_of_hang_up()),
      takeover_(takeover.block ? link::Takeover::seccomp : link::Takeover::environment),
      takeover_reason_(std::move(takeover.reason)),
      ports_(worker_count(spec_), takeover.net(), spec_.services),
      environment_ports_(spec_.services, ports_,
                         {[this](const auto& port) { open_in_proxy(port); },
                          [this](const auto& message) { tell_control(message); }}),
      units_(base_.loop, takeover_, STDOUT_FILENO, unit_events()),
      control_(base_.loop, "@control", spec_.name,
               {[this] { welcome_control(); },
                [this](const os::Packet& packet) { on_control_message(packet); },
                [this](int status) {
                  on_role_died(control_, "control", status, control_deaths_);
                  tell_of_proxy_again();
                }}),
      proxy_(base_.loop, "@proxy", spec_.name,
             {[this] { welcome_proxy(); },
              [this](const os::Packet& packet) { on_proxy_message(packet); },
              [this](int status) {
                on_role_died(proxy_, "proxy", status, proxy_deaths_);
                proxy_end_ = ProxyEnd{status, {}};
                tell_of_proxy();
              }}),
      plans_(first_plans(spec_)),
      stop_deadline_(base_.loop, [this] {
        say("control has not finished in time; ending everything");
        finish(1);
      }) {
  if (takeover.block) port_takeover_.emplace(std::move(*takeover.block), ports_, port_events());
}

PortTakeover::Events Keeper::port_events() {
  return {[this](const auto& port) { open_in_proxy(port); },
          [this](const auto& message) { tell_control(message); }};
}

Units::Events Keeper::unit_events() {
  return {
      .report = [this](const auto& message, auto fds) { tell_control(message, fds); },
      .trapped_call = [this](Unit& unit) { port_takeover_->answer_next(unit); },
      .look_for_ports = [this](Unit& unit) { environment_ports_.look(unit); },
      .port_hint = [this] { return environment_ports_.hint(); },
      .control_listens = [this] { return control_.linked(); },
      .gone = [this] { stop_when_alone(); },
  };
}

int Keeper::run() {
  os::Watch signals(base_.loop, base_.signals.fd(), EPOLLIN, [this](std::uint32_t) {
    while (const auto number = base_.signals.take()) on_signal(*number);
  });
  const auto give_up = [this](const Error& error) {
    say(error.message);
    base_.directory.remove();
    return 1;
  };
  if (const auto opened = open_own_ports(); !opened) return give_up(opened.error());
  for (RoleProcess* role : {&proxy_, &control_}) {
    if (const auto started = role->start(); !started) return give_up(started.error());
  }
  base_.loop.run();
  base_.directory.remove();
  return exit_status_;
}

Status Keeper::open_own_ports() {
  for (const ListenSpec& listen : spec_.proxy.listen) {
    const auto opened = ports_.open_own(listen.address, {listen.tls, listen.proxy_protocol});
    if (!opened) {
      return fail("cannot listen at {}: {}", listen.address.to_string(), opened.error().message);
    }
  }
  return {};
}

void Keeper::on_signal(int number) {
  switch (number) {
    case SIGCHLD:
      return reap();
    case SIGWINCH:
      return units_.resize_terminals();
    case SIGHUP:
      if (hang_up_ == HangUp::stop) request_stop(number);
      if (hang_up_ == HangUp::forward) units_.forward_signal(number);
      return;
    case SIGUSR1:
    case SIGUSR2:
      return units_.forward_signal(number);
    default:
      return request_stop(number);
  }
}

// Also orphans: as PID 1, and as subreaper of all that programs leave behind.
void Keeper::reap() {
  int wait_status = 0;
  while (true) {
    const pid_t pid = waitpid(-1, &wait_status, WNOHANG);
    if (pid <= 0) break;
    if (!control_.reaped(pid, wait_status) && !proxy_.reaped(pid, wait_status)) {
      units_.reaped(pid, wait_status);
    }
  }
  stop_when_alone();
}

void Keeper::tell_of_proxy() {
  if (!proxy_end_ || proxy_end_->told != TimePoint{} || !control_.linked()) return;
  proxy_end_->told = Clock::now();
  tell_control(link::ProxyRestarted{proxy_end_->wait_status});
}

// A control that died soon after it was told may not have read it: the next one is told again.
void Keeper::tell_of_proxy_again() {
  if (proxy_end_ && Clock::now() - proxy_end_->told < kUnread) proxy_end_->told = {};
}

void Keeper::on_role_died(RoleProcess& role, const char* name, int wait_status, int& deaths) {
  if (finishing_) return;
  ++deaths;
  if (deaths >= kTooManyDeaths || spec_.output.verbosity == Verbosity::verbose) {
    say(fmt::format("{} died ({}, start {}); starting it again, the service runs on", name,
                    how_it_ended(wait_status), role.starts()));
  }
}

void Keeper::welcome_control() {
  link::Welcome welcome;
  welcome.run = spec_;
  welcome.keeper_pid = getpid();
  welcome.starts_of_control = control_.starts();
  welcome.takeover = takeover_;
  welcome.takeover_reason = takeover_reason_;
  welcome.workers = ports_.workers();
  welcome.stop_requested = stop_requests_ > 0;
  std::vector<int> fds{base_.statistics.get(), base_.commands.get(), base_.record_rings.get(),
                       base_.record_wake.get(), base_.kept_records.get()};
  for (std::size_t index = 0; index < spec_.services.size(); ++index) {
    welcome.services.push_back(snapshot_of(index, fds));
  }
  fds.resize(std::min(fds.size(), os::LinkSocket::kMaxFds));
  tell_control(welcome, fds);
  units_.forget_gone();
  tell_of_proxy();
}

link::ServiceSnapshot Keeper::snapshot_of(std::size_t index, std::vector<int>& fds) const {
  link::ServiceSnapshot snapshot;
  snapshot.last_unit = units_.last(index);
  snapshot.plan = plans_[index];
  for (const Address& address : ports_.of(index)) snapshot.ports.push_back({address});
  for (const Unit* unit : units_.all()) {
    if (unit->service_index != index) continue;
    snapshot.units.push_back(unit->snapshot());
    fds.push_back(unit->output.get());
    fds.push_back(unit->errors.get());
  }
  return snapshot;
}

void Keeper::welcome_proxy() {
  tell_proxy(link::ProxyWelcome{link::kLinkVersion, ports_.workers(), spec_.proxy},
             std::array{base_.statistics.get(), base_.record_rings.get(), base_.record_wake.get()});
  // Before the ports: who comes in is served at once.
  for (const Certificates* tls : {&tls_, &offered_tls_}) {
    if (tls->memory) tell_proxy(link::UseTls{tls->number}, std::array{tls->memory.get()});
  }
  if (access_log_) tell_proxy(link::UseLog{}, std::array{access_log_.get()});
  for (const RoutingPlan& plan : plans_) tell_proxy(link::ApplyPlan{plan});
  for (const auto& port : ports_.all()) open_in_proxy(port);
  if (stop_requests_ > 0) tell_proxy(link::DrainProxy{});
}

void Keeper::on_control_message(const os::Packet& packet) {
  const auto message = codec::decode<link::FromControl>(packet.bytes);
  if (!message) return say(fmt::format("control: {}", message.error().message));
  if (std::holds_alternative<link::PublishTls>(*message)) return publish_tls(packet.fds);
  if (std::holds_alternative<link::PublishLog>(*message)) return publish_log(packet.fds);
  std::visit([this](const auto& order) { obey(order); }, *message);
}

// The proxy parses what strangers send: of its messages only those that it has are passed on.
void Keeper::on_proxy_message(const os::Packet& packet) {
  const auto message = codec::decode<link::FromProxy>(packet.bytes);
  if (!message) return say(fmt::format("proxy: {}", message.error().message));
  std::visit(
      [this](const auto& report) {
        note(report);
        tell_control(report);
      },
      *message);
}

void Keeper::publish_tls(const std::vector<os::Fd>& fds) {
  if (fds.size() != 1) return say("control: certificates without a descriptor");
  offered_tls_ = {++last_tls_, os::Fd(fcntl(fds.front().get(), F_DUPFD_CLOEXEC, 0))};
  tell_proxy(link::UseTls{last_tls_}, std::array{offered_tls_.memory.get()});
}

void Keeper::publish_log(const std::vector<os::Fd>& fds) {
  if (fds.size() != 1) return say("control: an access log without a descriptor");
  access_log_ = os::Fd(fcntl(fds.front().get(), F_DUPFD_CLOEXEC, 0));
  tell_proxy(link::UseLog{}, std::array{access_log_.get()});
}

// Only what a proxy could use is kept for the next one. Ports wait for the first certificates: a
// handshake without would only fail.
void Keeper::note(const link::TlsInUse& report) {
  if (report.number != offered_tls_.number) return;  // the ones before, in a new proxy
  const bool first = !std::exchange(tls_, std::exchange(offered_tls_, {})).memory;
  if (!first) return;
  for (const auto& port : ports_.all()) {
    if (port.door.tls) open_in_proxy(port);
  }
}

void Keeper::obey(const link::StartUnit& order) {
  if (order.service_index >= plans_.size()) return say("control: a unit of no service");
  units_.start(order);
}

void Keeper::obey(const link::ClosePort& order) {
  for (const Address& closed : ports_.close(order.address, order.service_index)) {
    tell_proxy(link::ForgetPort{closed});
  }
}

void Keeper::obey(const link::PublishPlan& order) {
  if (order.plan.service_index >= plans_.size()) return say("control: a plan of no service");
  RoutingPlan& plan = plans_[order.plan.service_index];
  plan = order.plan;
  tell_proxy(link::ApplyPlan{plan});
}

void Keeper::tell_control(const link::ToControl& message, std::span<const int> fds) {
  control_.send(codec::encode(message), fds);
}

void Keeper::tell_proxy(const link::ToProxy& message, std::span<const int> fds) {
  proxy_.send(codec::encode(message), fds);
}

void Keeper::open_in_proxy(const PublicPorts::Port& port) {
  if (port.door.tls && !tls_.memory) return;
  std::vector<int> fds;
  for (const auto& listener : port.listeners) fds.push_back(listener.get());
  tell_proxy(link::OpenPort{port.address, port.door, port.is_own}, fds);
}

void Keeper::request_stop(int number) {
  // timeout(1) and other wrappers signal their child and then its whole group: that is one wish.
  const auto now = Clock::now();
  if (stop_requests_ > 0 && now - last_stop_request_ < kOneWish) return;
  last_stop_request_ = now;
  ++stop_requests_;
  if (stop_requests_ >= 3) return finish(1);  // the user has asked often enough
  tell_control(link::StopRequested{number});
  if (stop_requests_ == 1) {
    stop_deadline_.start(longest_stop(spec_) + kStopMargin);
  }
}

void Keeper::finish(int exit_status) {
  if (finishing_) return;
  finishing_ = true;
  exit_status_ = exit_status;
  units_.stop_all(Milliseconds{0});
  control_.end(kRolesEnd);
  proxy_.end(kRolesEnd);
  stop_when_alone();
}

void Keeper::stop_when_alone() {
  if (!finishing_ || control_.running() || proxy_.running()) return;
  if (std::ranges::all_of(units_.all(),
                          [](const Unit* unit) { return unit->phase == link::UnitPhase::gone; })) {
    base_.loop.stop();
  }
}

}  // namespace

int run(RunSpec spec) {
  signal(SIGPIPE, SIG_IGN);
  auto foundation = Foundation::lay(spec);
  if (!foundation) {
    say(foundation.error().message);
    return 1;
  }
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // what programs leave behind stays ours to end
  return Keeper(std::move(spec), std::move(*foundation), TakeoverChoice::make()).run();
}

}  // namespace livefix::keeper
