#include "control/service_world.h"

#include <signal.h>
#include <unistd.h>

#include <array>

#include "control/missed_change.h"
#include "control/port_holder.h"
#include "model/codec.h"
#include "os/shared_memory.h"

namespace livefix::control {
namespace {

template <class... F>
struct overloaded : F... {
  using F::operator()...;
};

// File times come from a clock that is only as fine as the kernel's tick.
constexpr Milliseconds kFileClock{10};
constexpr Milliseconds kLearnPause{5};
constexpr std::size_t kLearnAtOnce = 32;  // files

bool begins_here(const link::Welcome& welcome) {
  return welcome.starts_of_control <= 1 && welcome.units.empty() && !welcome.stop_requested &&
         number(welcome.plan.version) == 0;
}

}  // namespace

ServiceWorld::ServiceWorld(boost::asio::io_context& context, const DriverSeams& seams,
                           link::Welcome welcome, WelcomeFds fds, Send send)
    : seams_(seams),
      welcome_(std::move(welcome)),
      policy_{welcome_.service, welcome_.takeover},
      send_(std::move(send)),
      orphans_(welcome_.keeper_pid),
      console_(context, policy_.service.output, seams.standard_output, seams.standard_error),
      output_(context, console_, policy_.service.output.colour,
              policy_.service.output.json
                  ? ProgramOutput::LineSink(
                        [this](std::string_view label, Stream stream, std::string_view line) {
                          reporter_.program_line(label, stream, line);
                        })
                  : ProgramOutput::LineSink()),
      reporter_(policy_.service, console_, circumstances(), port_holder),
      traffic_(fds.statistics),
      readiness_(context, [this](UnitId unit,
                                 const Address& backend) { feed(KnockAccepted{unit, backend}); }),
      timer_(context),
      learn_timer_(context),
      watcher_descriptor_(context),
      certificates_(policy_.service.proxy.certificates),
      certificate_timer_(context),
      access_log_(context, policy_.service.proxy.access_log, access_log_handlers()),
      api_(context, std::move(fds.api), api_handlers()) {
  lost_before_ = traffic_.totals().lost;
  for (std::size_t i = 0; i < welcome_.units.size() && 2 * i + 1 < fds.outputs.size(); ++i) {
    output_.attach(welcome_.units[i].unit, welcome_.units[i].label, std::move(fds.outputs[2 * i]),
                   std::move(fds.outputs[2 * i + 1]));
  }
}

ServiceWorld::~ServiceWorld() {
  if (watcher_descriptor_.is_open()) watcher_descriptor_.release();
  console_.drain();
}

void ServiceWorld::begin() {
  start_watching();
  if (!certificates_.empty()) publish_certificates();
  access_log_.begin();
  if (begins_here(welcome_)) {
    reporter_.open(
        {watcher_ ? watcher_->file_count() : 0, welcome_.takeover, welcome_.takeover_reason});
    warn_of_watcher();
    return feed(FirstStart{});
  }
  take(restore(welcome_, policy_, tree_is_newer(), Clock::now()));
}

// What cannot be used is told, and what was shown before is shown on.
void ServiceWorld::publish_certificates() {
  look_at_certificates_later();
  const auto identities = certificates_.read();
  if (!identities) return reporter_.warn(identities.error().message);
  const auto memory = os::create_sealed_memory("livefix-tls", codec::encode(*identities));
  if (!memory) return reporter_.warn(memory.error().message);
  send_(link::PublishTls{}, std::array{memory->get()});
}

void ServiceWorld::look_at_certificates_later() {
  certificate_timer_.expires_after(CertificateFiles::kLookInterval);
  certificate_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    if (certificates_.changed()) return publish_certificates();
    look_at_certificates_later();
  });
}

AccessLogSource::Handlers ServiceWorld::access_log_handlers() {
  return {[this](const os::Fd& file) { send_(link::PublishLog{}, std::array{file.get()}); },
          [this](std::string_view text) { reporter_.warn(text); },
          [this](std::string_view line) { reporter_.access_line(line); },
          [this] { return console_.is_congested(); }};
}

void ServiceWorld::on_message(const link::ToControl& message, std::vector<os::Fd> fds) {
  // What a program said comes before what livefix says about it.
  if (const auto* started = std::get_if<link::UnitStarted>(&message)) {
    const auto unit = state_.units.find(started->unit);
    if (fds.size() == 2 && unit != state_.units.end()) {
      output_.attach(started->unit, unit_label(unit->second.release, unit->second.builds),
                     std::move(fds[0]), std::move(fds[1]));
    }
  } else if (const auto* exited = std::get_if<link::LeaderExited>(&message)) {
    output_.read_now(exited->unit);
  } else if (const auto* gone = std::get_if<link::UnitGone>(&message)) {
    output_.finish(gone->unit);
  }
  std::visit(
      overloaded{[](const link::Welcome&) {},  // only ever the first message
                 [](const link::TlsInUse&) {},
                 [this](const link::TlsRefused& refused) {
                   reporter_.warn(refused.reason + "; what was shown before is shown on");
                 },
                 [this](const link::LogTrouble& trouble) { access_log_.on_trouble(trouble); },
                 [this](const auto& event) { feed(event); }},
      message);
  if (const auto* gone = std::get_if<link::UnitGone>(&message)) {
    output_.forget(gone->unit);
    readiness_.cancel(gone->unit);
  }
}

void ServiceWorld::on_link_closed() {
  if (std::holds_alternative<Finished>(state_.task)) return;  // as it was told to
  console_.drain();
  orphans_.end(policy_.service.timing.stop_grace);
}

void ServiceWorld::feed(const Event& event) {
  const bool counts_anew =
      std::holds_alternative<ChangeSeen>(event) || std::holds_alternative<ReloadAsked>(event);
  if (counts_anew) lost_before_ = traffic_.totals().lost;
  take(step(std::move(state_), event, policy_, Clock::now()));
}

// The state is the next one before anything is done: what is done may come back here (a knock is
// answered later, an outcome at once).
void ServiceWorld::take(Transition transition) {
  state_ = std::move(transition.state);
  for (const Action& action : transition.actions) act(action);
  if (is_stopping(state_)) {
    for (const Waiter& waiter : std::exchange(waiters_, {})) {
      waiter.respond(api_outcome(409, false, "livefix is stopping"));
    }
  }
  arm_timer();
}

void ServiceWorld::act(const Action& action) {
  std::visit(overloaded{[this](const Report& report) { tell(report); },
                        [this](const Knock& knock) { readiness_.knock(knock.unit, knock.backend); },
                        [this](const ForgetBuild& forget) {
                          unlink(build_output(policy_.service, forget.release).c_str());
                        },
                        [this](const link::StopUnit& stop) {
                          readiness_.cancel(stop.unit);
                          send_(stop, {});
                        },
                        [this](const link::Finish& finish) {
                          // The keeper ends control with it: everything must have been said.
                          access_log_.read_now();
                          console_.drain();
                          send_(finish, {});
                        },
                        [this](const auto& order) { send_(order, {}); }},
             action);
}

void ServiceWorld::tell(const Report& report) {
  reporter_.tell(report);
  if (const auto* serves = std::get_if<AttemptServes>(&report)) {
    settle_outcome(serves->attempt.cause.serial, true);
  } else if (const auto* failed = std::get_if<AttemptFailed>(&report)) {
    settle_outcome(failed->attempt.cause.serial, false);
  } else if (std::holds_alternative<GenerationCrashed>(report)) {
    last_change_ = LastChange{false, reporter_.last_outcome()};
  }
}

void ServiceWorld::settle_outcome(std::uint64_t serial, bool ok) {
  lost_before_ = traffic_.totals().lost;
  last_change_ = LastChange{ok, reporter_.last_outcome()};
  // A newer attempt took the place of those before it, so its outcome is theirs.
  const auto waits_longer = std::ranges::stable_partition(
      waiters_, [&](const Waiter& waiter) { return waiter.serial > serial; });
  std::vector<Waiter> done(std::make_move_iterator(waits_longer.begin()),
                           std::make_move_iterator(waits_longer.end()));
  waiters_.erase(waits_longer.begin(), waits_longer.end());
  for (const Waiter& waiter : done) {
    waiter.respond(api_outcome(ok ? 200 : 409, ok, last_change_->message));
  }
}

// --- time ----------------------------------------------------------------------------------------

void ServiceWorld::arm_timer() {
  std::optional<TimePoint> due = next_deadline(state_, policy_);
  if (watcher_) {
    if (const auto quiet = watcher_->due()) due = due ? std::min(*due, *quiet) : *quiet;
  }
  if (!due) {
    timer_.cancel();
    return;
  }
  timer_.expires_at(*due);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_timer();
  });
}

void ServiceWorld::on_timer() {
  if (watcher_) {
    if (const auto change = watcher_->take_change(Clock::now())) {
      return feed(ChangeSeen{change->paths});
    }
  }
  feed(Tick{});
}

// --- the tree ------------------------------------------------------------------------------------

void ServiceWorld::start_watching() {
  if (!policy_.service.watch.enabled) return;
  auto watcher = seams_.make_watcher(policy_.service.directory, policy_.service.watch);
  if (!watcher) {
    return reporter_.warn(
        fmt::format("saves are not seen: {}; `livefix reload` works", watcher.error().message));
  }
  watcher_ = std::move(*watcher);
  boost::system::error_code failure;
  watcher_descriptor_.assign(watcher_->fd(), failure);
  if (!failure) wait_for_watcher();
  learn_contents_later();
}

void ServiceWorld::wait_for_watcher() {
  watcher_descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                                 [this](const boost::system::error_code& error) {
                                   if (error) return;
                                   watcher_->read_events(Clock::now());
                                   warn_of_watcher();
                                   arm_timer();
                                   wait_for_watcher();
                                 });
}

// In small portions, so that nothing else waits for it.
void ServiceWorld::learn_contents_later() {
  learn_timer_.expires_after(kLearnPause);
  learn_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error && watcher_->learn_contents(kLearnAtOnce)) learn_contents_later();
  });
}

void ServiceWorld::warn_of_watcher() {
  if (!watcher_ || watcher_->warning() == watcher_warning_) return;
  watcher_warning_ = watcher_->warning();
  if (!watcher_warning_.empty()) reporter_.warn(watcher_warning_);
}

bool ServiceWorld::tree_is_newer() const {
  if (!watcher_) return false;
  std::optional<Milliseconds> youngest;
  for (const link::UnitSnapshot& unit : welcome_.units) {
    const auto label = parse_label(unit.label);
    if (unit.phase != link::UnitPhase::running || !label || label->builds) continue;
    youngest = youngest ? std::min(*youngest, unit.age) : unit.age;
  }
  return youngest && saved_after(policy_.service.directory, policy_.service.watch,
                                 std::chrono::system_clock::now() - *youngest - kFileClock);
}

// --- the control API -----------------------------------------------------------------------------

ControlApi::Handlers ServiceWorld::api_handlers() {
  return {[this] {
            return status_json({state_, policy_, traffic_, welcome_.takeover_reason,
                                welcome_.keeper_pid, last_change_, Clock::now()});
          },
          [this](ControlApi::Respond respond) { reload(std::move(respond)); },
          [this](const ControlApi::Respond& respond) { stop(respond); }};
}

void ServiceWorld::reload(ControlApi::Respond respond) {
  if (is_stopping(state_)) {
    return respond(api_outcome(409, false, "livefix is stopping"));
  }
  // The serial of the attempt that is about to begin: its outcome may come before feed returns.
  waiters_.push_back({state_.last_serial + 1, std::move(respond)});
  feed(ReloadAsked{});
}

// The keeper is asked as by Ctrl-C, because it remembers: a control that is killed while it stops
// the service is followed by one that goes on stopping it.
void ServiceWorld::stop(const ControlApi::Respond& respond) {
  respond(api_outcome(202, true, fmt::format("stopping {}", policy_.service.name)));
  if (is_stopping(state_) || keeper_was_signalled_) return;
  keeper_was_signalled_ = welcome_.keeper_pid > 0 && kill(welcome_.keeper_pid, SIGTERM) == 0;
  if (!keeper_was_signalled_) feed(StopAsked{});
}

Circumstances ServiceWorld::circumstances() {
  return {[this] { return traffic_.totals().lost - lost_before_; },
          [this] { return traffic_.totals(); }, [this](UnitId unit) { return traffic_.of(unit); },
          [this](UnitId unit) {
            output_.read_now(unit);
            return output_.last_lines(unit);
          }};
}

}  // namespace livefix::control
